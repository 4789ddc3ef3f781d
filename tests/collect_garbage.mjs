// Has a Node process collect all garbage by its inspector: `node collect_garbage.mjs ws://…`. What is resident then is
// what it needs, not what it has not looked at for a while.
const socket = new WebSocket(process.argv[2]);
socket.onopen = () => socket.send(JSON.stringify({ id: 1, method: "HeapProfiler.collectGarbage" }));
socket.onmessage = () => socket.close();
socket.onerror = () => process.exit(1);
