#include "agent/base/share_error.h"

#include <cerrno>

namespace madoguchi::base {

bool IsShareTrouble(int error) {
  switch (error) {
    case EIO:
    case ESTALE:
    case ENOTCONN:
    case ECONNABORTED:
    case ECONNREFUSED:
    case ECONNRESET:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
    case ETIMEDOUT:
    case ENODEV:
    case ENXIO:
    case EREMOTEIO:
      return true;
    default:
      return false;
  }
}

}  // namespace madoguchi::base
