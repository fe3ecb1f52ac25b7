#ifndef MADOGUCHI_AGENT_RPC_ACCEPT_SERVER_OPTIONS_H_
#define MADOGUCHI_AGENT_RPC_ACCEPT_SERVER_OPTIONS_H_

namespace grpc {
class ServerBuilder;
}

namespace madoguchi::rpc {

// Largest message a client may send, in bytes.
inline constexpr int kMaxReceiveBytes = 1 << 20;

// The limits of every server of the house: no message compression (a compressed message is refused
// with UNIMPLEMENTED before it is expanded), messages of at most 1 MB, metadata of at most 16 KB,
// 200 streams at a time on a connection, bounded pings, keepalive that finds dead peers within a
// minute, 10 s for a handshake, no shared port.
void SafeServerBuilderOptions(grpc::ServerBuilder& builder);

// Sends gRPC's own messages, errors only, to the log: escaped and cut, because they can hold header
// values a client chose, and at most 20 in 10 seconds, because strangers can cause them (a failed
// handshake is one). For the whole process; once, before gRPC is used.
void RouteGrpcLog();

// Removes what would let the environment change how the program works: GRPC_* (GRPC_TRACE prints
// messages), proxies, SSLKEYLOGFILE, switches of OpenSSL and of the resolver. At the start of main,
// before any thread and before gRPC is used.
void DropDangerousEnvironment();

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_ACCEPT_SERVER_OPTIONS_H_
