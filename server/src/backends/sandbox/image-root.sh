# Makes the root of a unit whose image is layers, inside the unit's user namespace, in a mount namespace of its own: the image
# below, the unit's own layer above. Then becomes the program that is its arguments, as the image's user.
# $UNIT: the unit's folder. $IMAGE_ROOT: the image's. $RUN_AS: options of setpriv, nothing for user 0. $OWNER: who /opt/ml and the
# output belong to, which may be opened by name as well.
cd "$UNIT" || exit 125
case $IMAGE_ROOT in
*[!A-Za-z0-9/._-]*) # what options of mount cannot hold is bound to a name that they can
  mount --bind "$IMAGE_ROOT" root || exit 125
  lower=root
  ;;
*) lower=$IMAGE_ROOT ;;
esac
mount -t overlay -o "userxattr,lowerdir=$lower,upperdir=layer/upper,workdir=layer/work" overlay root || exit 125
[ -z "$OWNER" ] || { chown -R -h "$OWNER" ml && chown "$OWNER" /proc/self/fd/1; } || exit 125
# shellcheck disable=SC2086 # a list of words
[ -z "$RUN_AS" ] || exec setpriv $RUN_AS -- "$@"
exec "$@"
