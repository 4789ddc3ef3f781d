#!/bin/sh
# Supervises one unit: holds the lock that says the unit lives, caps its log, ends it with grace, keeps its exit code.
# It outlives the server that started it. bwrap is its own child and dies with it (--die-with-parent) once the program runs; what a
# supervisor killed before that leaves is ended by the server (UnitFolder.killRest).
# Runs in the unit's folder; its arguments are the program to run inside. Given open: 3 user namespace, 4 network namespace of this host, 5 that of the group's bridge
# (kept so that the bridge lives as long as any of its hosts), 7 what keeps the group's link to the internet, if anything. $ENTER_OPTIONS: how nsenter becomes user 0 there. $CGROUPS: cgroup.procs files to join.
# $USER_ZERO: who user 0 of the unit is on this machine, where this script's user is another.
# $TAKE_BACK: what makes the unit's files readable to the server, run as user 0 of the user namespace; nothing as root.
# $MAKE_ROOT: for an image of layers the script that makes its root first (image-root.sh), in a mount namespace of its own; 10: the user
# namespace of its user, if that is not user 0. $LOG_BLOCKS: size limit of the log in blocks of 512 bytes. $LIMITER: a command to prefix, systemd-run or nothing.
umask 077
exec 9>>lock
flock --wait 10 9 || exit 0 # a look whether the unit lives holds it for a moment
[ ! -e ended ] || exit 0
trap '' TERM # until there is something to end; `stop` is read then
echo $$ >pid
: >started

if [ -e fstab ]; then # sources that an unprivileged id cannot reach: see stage.ts
  mount -t tmpfs -o mode=755,size=1m stage "$STAGE" && mount --all --fstab fstab || { echo "125 $(date +%s%3N)" >ended; exit 1; }
fi
rm -f pipe && mkfifo pipe
# A program that opens /dev/stdout by name (log files are often links to it) needs what it is to be its own.
[ -z "$USER_ZERO" ] || chown "$USER_ZERO" pipe
exec 6<&0 # a background job loses its standard input to /dev/null

( # the log: copied as it comes, up to the limit, then thrown away behind one clear line
  exec 3<&- 4<&- 5<&- 6<&- 7<&- 9>&- <pipe # the lock first: opening waits for the other end
  missing= full=
  until (ulimit -f "$LOG_BLOCKS"; trap '' XFSZ; exec cat >>output 2>/dev/null); do
    [ $? != 1 ] || missing=yes # it had read what it could not write; one that was killed, or could not open the file, had not
    if [ "$(wc -c <output)" -ge $((LOG_BLOCKS * 512)) ]; then full=yes; break; fi
    sleep 0.1 # the disk takes nothing for now: the program's output waits in the pipe
    [ -e lock ] || exit
    [ -z "$missing" ] || ! printf '\n[sagebrush] Output is missing here: the disk did not take it.\n' 2>/dev/null >>output || missing=
  done
  [ -n "$full" ] || exit
  printf '\n[sagebrush] The log reached its limit of %s bytes; what followed was dropped.\n' $((LOG_BLOCKS * 512)) >>output
  exec cat >/dev/null
) </dev/null &
log=$!
exec 8>pipe # once the log reads: whatever becomes of the sandbox, the log sees its end

(
  for procs in $CGROUPS; do echo 0 >"$procs" || exit 125; done
  exec <&6 >&8 2>&1 6<arguments 7>>status 8<seccomp 3<&- 4<&- 5<&- 9>&-
  umask 022
  # A background job also ignores SIGINT and SIGQUIT, and this shell SIGTERM so far, which the program must not inherit.
  # shellcheck disable=SC2086 # some are lists of words
  exec env --default-signal=INT,QUIT,TERM $LIMITER nsenter --user="/proc/$$/fd/3" --net="/proc/$$/fd/4" $ENTER_OPTIONS -- ${MAKE_ROOT:+unshare --mount --propagation private sh -c "$MAKE_ROOT" image-root} "$BWRAP" --json-status-fd 7 --seccomp 8 --args 6 -- "$@"
) &
sandbox=$!
exec 6<&- 8>&-

program() { # process id of the first program inside, which the sandbox's own init started
  init=$(sed -n 's/.*"child-pid": *\([0-9]*\).*/\1/p' status 2>/dev/null)
  [ -n "$init" ] && cut -d' ' -f1 "/proc/$init/task/$init/children" 2>/dev/null
}

in_state() { # whether bwrap is in one of the states $1, as proc(5) has them
  grep -q "^State:.$1" "/proc/$sandbox/status" 2>/dev/null
}

has_supervisor() { # for a part of it: whether it is still the supervisor's child; else the ids it knows may be others' by now
  read -r _ _ _ parent _ </proc/self/stat
  [ "$parent" = $$ ]
}

end() { # SIGKILL to bwrap and its child: alone, while it starts, bwrap would leave a child that waits for it for ever, with the log's pipe open
  kill -STOP "$sandbox"
  while in_state '[^TZX]'; do sleep 0.01; done # a stopped bwrap makes no more children
  # shellcheck disable=SC2046 # a list of process ids
  kill -KILL $(cat "/proc/$sandbox/task/$sandbox/children") "$sandbox"
} 2>/dev/null

terminate() {
  interrupted=yes
  [ -z "$killer" ] || kill "$killer" 2>/dev/null
  read -r grace <stop
  target=$(program)
  looks=0 # without a program, it is about to be started, or has ended and bwrap is about to say so
  while [ "$grace" != 0 ] && [ -z "$target" ] && [ "$looks" -lt 100 ] && in_state '[^ZX]'; do
    sleep 0.01
    looks=$((looks + 1))
    target=$(program)
  done
  in_state '[^ZX]' || return
  if [ "$grace" = 0 ] || [ -z "$target" ]; then
    end
    return
  fi
  kill -TERM "$target" 2>/dev/null
  (
    exec 9>&- 3<&- 4<&- 5<&- 7<&-
    trap 'kill $sleeper; exit' TERM
    sleep "$grace" &
    sleeper=$!
    wait "$sleeper" && has_supervisor && end
  ) 2>/dev/null &
  killer=$!
}
killer=
trap terminate TERM
( # a unit whose folder has been removed is nobody's: no server will ever stop it
  exec 9>&- 3<&- 4<&- 5<&- 7<&-
  trap 'kill "$sleeper"; exit' TERM
  while [ -e lock ] && has_supervisor; do
    sleep 5 &
    sleeper=$!
    wait "$sleeper"
  done
  ! has_supervisor || end
) 2>/dev/null &
looker=$!
[ ! -e stop ] || terminate

await() { # leaves the exit code of the child $1 in $code. A signal ends `wait` early, with a code of its own; a child that was told of is unknown
  code=
  while :; do
    interrupted=
    wait "$1"
    latest=$?
    [ "$latest" != 127 ] || [ -z "$code" ] || return
    code=$latest
    [ -n "$interrupted" ] || return
  done
}
await "$sandbox"
ended=$code
trap interrupted=yes TERM # nothing is left to end
kill "$looker" 2>/dev/null
await "$log" 2>/dev/null
[ -z "$killer" ] || kill "$killer" 2>/dev/null
rm -f pipe
if [ -n "$TAKE_BACK" ]; then # files of the unit's other users, or closed to their owner, are the server's to read
  # shellcheck disable=SC2086 # a list of words
  nsenter --user=/proc/self/fd/3 $ENTER_OPTIONS -- sh -c "$TAKE_BACK"
fi
ended="$ended $(date +%s%3N)"
until echo "$ended" 2>/dev/null >ended.new && mv ended.new ended; do # a disk that takes nothing for now
  [ -e lock ] || exit
  sleep 0.1
done
