#ifndef MADOGUCHI_AGENT_WEB_STREAM_H_
#define MADOGUCHI_AGENT_WEB_STREAM_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/web/http.h"

namespace madoguchi::web {

struct StreamTarget {
  // A name or address.
  std::string host;
  int port = 0;
  bool tls = false;
  // For TLS.
  Keys keys;
};

// Until when, and a descriptor that can be read when it is to be broken off; -1: none.
struct StreamPatience {
  absl::Time deadline;
  int stop_fd = -1;
};

// One connection that carries bytes both ways, by TCP or by TLS (1.2 or newer; the same rules as
// Http). Not thread-safe.
class Stream {
 public:
  enum class Moved : uint8_t { kDone, kClosed, kTooLate, kStopped, kBroken };

  Stream();
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // kNone when it is there; `text` gets libcurl's word for what is not.
  Result::Why Connect(const StreamTarget& target, const StreamPatience& patience,
                      std::string& text);
  bool open() const { return impl_ != nullptr; }
  void Close();
  // True when it is open, the other side has not closed it, and has sent nothing that was not
  // fetched.
  bool Quiet();

  // `sent` tells how many bytes have left; kDone: all.
  Moved Send(absl::string_view bytes, const StreamPatience& patience, size_t& sent);
  // Appends what there is, at least one byte.
  Moved Receive(std::string& bytes, const StreamPatience& patience);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace madoguchi::web

#endif  // MADOGUCHI_AGENT_WEB_STREAM_H_
