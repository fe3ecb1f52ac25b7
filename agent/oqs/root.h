#ifndef MADOGUCHI_AGENT_OQS_ROOT_H_
#define MADOGUCHI_AGENT_OQS_ROOT_H_

#include "agent/oqs/element.h"
#include "agent/oqs/unknown.h"

namespace madoguchi::oqs {

// What the root element of a message stands for, and where its leftovers go.
struct Root {
  Scope scope = Scope::kRequest;
  // Of the scope's type, in the message.
  void* record = nullptr;
  UnknownElements* unknown = nullptr;
};

// By family and role of `message`; makes the body when there is none.
Root MakeRoot(v1::OqsMessage& message);

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_ROOT_H_
