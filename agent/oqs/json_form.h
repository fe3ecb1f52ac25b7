#ifndef MADOGUCHI_AGENT_OQS_JSON_FORM_H_
#define MADOGUCHI_AGENT_OQS_JSON_FORM_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "madoguchi/v1/oqs_message.pb.h"

// The JSON form in which the web API carries the trees of the XML messages. An element is a member
// of its parent's object; a leaf is a string; repeated elements are an array. What is only a list
// (`ResultList`) is an array of objects with one member each. Pure, thread-safe.
namespace madoguchi::oqs {

// True when `bytes` begin as a JSON object does (white space and byte order mark before it
// allowed).
bool LooksLikeJson(absl::string_view bytes);

// Reads one message: the same record ReadMessage makes of the same tree in XML. Member order does
// not count; numbers and booleans are taken as their text, null as an empty element.
// Errors: MDG-1301 too large; 1304 not UTF-8; 1305 too deep or too many; 1306 not an OQS message
// (login replies among them: they hold credentials, see ReadWebLogin); 1308 ends too early; 1310
// not JSON, or JSON that stands for no tree. `field` is a place, never a value.
absl::StatusOr<v1::OqsMessage> ReadJson(absl::string_view file_name, absl::string_view bytes);

// The JSON form of a record that WriteMessage can write, UTF-8 on one line. MDG-1307 also for what
// JSON has no place for (attributes, text between elements).
absl::StatusOr<std::string> WriteJson(const v1::OqsMessage& message);

// A login reply of the web API. The tokens are credentials: never log, print or store them.
struct WebLogin {
  // `0` when it worked.
  std::string status;
  std::string message;
  std::string access_token;
  std::string refresh_token;
  // Goes into the Authorization header of the queries.
  std::string id_token;
  // Encoding of the linked system, 0 = UTF-8.
  std::string character_code;
  // Members that are none of these, as paths (`result.tokenType`), without values.
  std::vector<std::string> unknown;
};

// Errors: as ReadJson; MDG-1306 without `status`, or with status 0 and no id token.
absl::StatusOr<WebLogin> ReadWebLogin(absl::string_view bytes);

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_JSON_FORM_H_
