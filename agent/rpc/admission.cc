#include "agent/rpc/admission.h"

#include <grpcpp/server_context.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "agent/base/error.h"
#include "agent/crypto/pki.h"
#include "agent/rpc/validate.h"

namespace madoguchi::rpc {
namespace {

constexpr char kOperator[] = "madoguchi-operator";

absl::StatusOr<std::string> OperatorOf(const grpc::ServerContextBase& context) {
  const auto& metadata = context.client_metadata();
  const auto [first, last] = metadata.equal_range(kOperator);
  if (first == last) return std::string();
  if (std::next(first) != last) {
    return base::MakeError(base::ErrorCode::kInvalidField,
                           {.what = "it must be sent once", .field = kOperator});
  }
  const absl::string_view value(first->second.data(), first->second.size());
  MDG_RETURN_IF_ERROR(ValidateOperator(value));
  return std::string(value);
}

// Whoever also looks at records gets them while the consent lasts, like everybody who looks.
bool OnlyDelivers(const Identity& identity) {
  return !identity.roles.empty() &&
         std::all_of(identity.roles.begin(), identity.roles.end(),
                     [](v1::Role role) { return role == v1::ROLE_ADAPTER; });
}

// A role besides the patient terminal's lets it see people.
bool SeesReceptions(const Identity& identity) {
  return std::any_of(identity.roles.begin(), identity.roles.end(), [](v1::Role role) {
    return role != v1::ROLE_PATIENT_TERMINAL && role != v1::ROLE_TECHNICIAN &&
           role != v1::ROLE_AUDITOR;
  });
}

// Somebody who is not configured, by what the connection vouches for. No configured name has a
// colon in it.
std::string NameOf(const std::optional<Peer>& peer) {
  if (!peer.has_value()) return "unknown:";
  if (peer->kind == Peer::Kind::kUnix) return absl::StrCat("uid:", peer->uid);
  // Whatever a certificate of another CA has in it is not written down.
  const bool plain = crypto::CheckPkiName(peer->common_name).ok();
  return absl::StrCat("certificate:", plain ? peer->common_name : "");
}

}  // namespace

absl::StatusOr<reception::Caller> Admission::Admit(const grpc::ServerContextBase& context,
                                                   absl::string_view method) const {
  const auto peer = peers_.Find(context);
  const Identity* identity = peer.has_value() ? identities_.Find(*peer) : nullptr;
  auto caller = Decide(context, method, identity);
  if (caller.ok()) return caller;
  reception::Caller refused;
  refused.identity = identity == nullptr ? NameOf(peer) : identity->name;
  return Refusal(refused, method, caller.status());
}

absl::Status Admission::Refusal(const reception::Caller& caller, absl::string_view method,
                                const absl::Status& status) const {
  if (absl::IsPermissionDenied(status) || absl::IsUnauthenticated(status)) {
    trail_.Note({.kind = audit::Kind::kCallRefused,
                 .identity = caller.identity,
                 .person = caller.person,
                 .outcome = base::DetailOf(status)->number(),
                 .detail = std::string(absl::StripPrefix(method, "madoguchi.v1."))});
  }
  return status;
}

absl::StatusOr<reception::Caller> Admission::Decide(const grpc::ServerContextBase& context,
                                                    absl::string_view method,
                                                    const Identity* identity) const {
  MDG_RETURN_IF_ERROR(authoriser_.Check(method, identity));
  auto person = OperatorOf(context);
  if (!person.ok()) return person.status();
  if (person->empty() && authoriser_.Policy(method)->needs_operator()) {
    return base::MakeError(base::ErrorCode::kOperatorMissing, {.field = kOperator});
  }
  reception::Caller caller;
  caller.identity = identity->name;
  caller.person = *std::move(person);
  caller.counters = identity->counters;
  caller.late_receiver = OnlyDelivers(*identity);
  const auto has = [identity](v1::Role role) {
    return std::find(identity->roles.begin(), identity->roles.end(), role) != identity->roles.end();
  };
  caller.patient_terminal = has(v1::ROLE_PATIENT_TERMINAL);
  caller.only_patient_terminal = caller.patient_terminal && !SeesReceptions(*identity);
  return caller;
}

}  // namespace madoguchi::rpc
