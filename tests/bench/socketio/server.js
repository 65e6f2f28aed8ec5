// The original collaboration service, as its description has it: Express, Socket.IO, one map in
// memory, each event forwarded to its recipients and acknowledged to its sender. It checks nothing.
//
// Left out, each in its favour: the line it prints for every event, the file it logs to, and
// `user_online` to everybody whenever somebody comes (quadratic when thousands come).

const express = require('express');
const http = require('http');
const { Server } = require('socket.io');

const app = express();
app.use(express.json());
const server = http.createServer(app);
const io = new Server(server, { cors: { origin: '*' } });

const activeUsers = new Map(); // user_id -> { socket, backendUrl, displayName, connectedAt }
const started = Date.now();
let totalConnections = 0;
let totalEventsRouted = 0;

app.get('/health', (request, response) => {
  response.json({
    status: 'healthy',
    uptime: Math.floor((Date.now() - started) / 1000),
    active_users: activeUsers.size,
    total_connections: totalConnections,
    total_events_routed: totalEventsRouted,
  });
});

app.get('/api/users/online', (request, response) => {
  const users = [...activeUsers].map(([id, user]) => ({
    user_id: id,
    display_name: user.displayName,
    backend_url: user.backendUrl,
    connected_at: user.connectedAt,
    status: 'online',
  }));
  response.json({ users, count: users.length });
});

app.post('/api/register', (request, response) => {
  response.json({
    success: true,
    collab_ws_url: `ws://${request.headers.host}`,
    message: 'Connect via WebSocket with user_id, backend_url and display_name.',
  });
});

io.on('connection', (socket) => {
  const { user_id: userId, backend_url: backendUrl, display_name: displayName } =
    socket.handshake.query;
  activeUsers.set(userId, { socket, backendUrl, displayName, connectedAt: new Date() });
  totalConnections += 1;
  socket.emit('connected', {
    user_id: userId,
    message: 'Connected to collaboration service',
    active_users: activeUsers.size,
  });

  socket.on('collab_event', (event) => {
    let delivered = 0;
    event.to_users.forEach((recipientId) => {
      const recipient = activeUsers.get(recipientId);
      if (recipient) {
        recipient.socket.emit('collab_event', event);
        delivered += 1;
      }
    });
    totalEventsRouted += 1;
    socket.emit('event_ack', {
      event_type: event.type,
      delivered_to: delivered,
      total_recipients: event.to_users.length,
    });
  });

  socket.on('ping', () => {
    socket.emit('pong', { timestamp: Date.now() });
  });

  socket.on('disconnect', () => {
    if (activeUsers.get(userId)?.socket === socket) activeUsers.delete(userId);
  });
});

server.listen(Number(process.env.PORT ?? 9000), '127.0.0.1', () => {
  console.log(`Collaboration service listens at http://127.0.0.1:${server.address().port}`);
});
