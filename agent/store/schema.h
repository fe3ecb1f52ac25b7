#ifndef MADOGUCHI_AGENT_STORE_SCHEMA_H_
#define MADOGUCHI_AGENT_STORE_SCHEMA_H_

#include <span>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "agent/store/sqlite.h"

namespace madoguchi::store {

// Every step the schema has taken; step n leads to user_version n+1. A step that was released is
// never changed. Personal data may be in columns called `body` and nowhere else.
std::span<const absl::string_view> Migrations();

// Brings the database to the newest of `steps`, one transaction per step. MDG-1503 when it is
// newer, 1504 when it is somebody else's.
absl::Status Migrate(Connection& connection, std::span<const absl::string_view> steps);

}  // namespace madoguchi::store

#endif  // MADOGUCHI_AGENT_STORE_SCHEMA_H_
