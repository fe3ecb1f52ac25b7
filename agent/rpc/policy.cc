#include "agent/rpc/policy.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "madoguchi/v1/audit_service.pb.h"
#include "madoguchi/v1/eligibility_service.pb.h"
#include "madoguchi/v1/export_service.pb.h"
#include "madoguchi/v1/medical_record_service.pb.h"
#include "madoguchi/v1/reception_service.pb.h"
#include "madoguchi/v1/system_service.pb.h"

namespace madoguchi::rpc {
namespace {

void AppendServices(const google::protobuf::FileDescriptor& file,
                    std::vector<const google::protobuf::ServiceDescriptor*>& out) {
  for (int i = 0; i < file.service_count(); ++i) out.push_back(file.service(i));
}

std::string RoleNames(const v1::MethodPolicy& policy) {
  std::string names;
  for (const int role : policy.roles()) {
    absl::StrAppend(&names, names.empty() ? "" : ",", v1::Role_Name(static_cast<v1::Role>(role)));
  }
  return names;
}

}  // namespace

std::vector<const google::protobuf::ServiceDescriptor*> ApiServices() {
  std::vector<const google::protobuf::ServiceDescriptor*> services;
  AppendServices(*v1::GetReceptionRequest::descriptor()->file(), services);
  AppendServices(*v1::GetConfirmationRequest::descriptor()->file(), services);
  AppendServices(*v1::GetDrugHistoryRequest::descriptor()->file(), services);
  AppendServices(*v1::ExportRecordRequest::descriptor()->file(), services);
  AppendServices(*v1::ListAuditEntriesRequest::descriptor()->file(), services);
  AppendServices(*v1::GetStatusRequest::descriptor()->file(), services);
  return services;
}

Authoriser::Authoriser(const std::vector<const google::protobuf::ServiceDescriptor*>& services) {
  for (const auto* service : services) {
    for (int i = 0; i < service->method_count(); ++i) {
      const auto& options = service->method(i)->options();
      if (!options.HasExtension(v1::policy)) continue;
      policies_.emplace(service->method(i)->full_name(), options.GetExtension(v1::policy));
    }
  }
}

const v1::MethodPolicy* Authoriser::Policy(absl::string_view method) const {
  const auto found = policies_.find(method);
  return found == policies_.end() ? nullptr : &found->second;
}

absl::Status Authoriser::Check(absl::string_view method, const Identity* identity) const {
  const v1::MethodPolicy* policy = Policy(method);
  if (policy == nullptr) return base::MakeError(base::ErrorCode::kNoPolicy);
  if (identity == nullptr) return base::MakeError(base::ErrorCode::kUnknownIdentity);
  const bool allowed =
      std::any_of(identity->roles.begin(), identity->roles.end(), [policy](v1::Role role) {
        return role != v1::ROLE_UNSPECIFIED &&
               std::find(policy->roles().begin(), policy->roles().end(), role) !=
                   policy->roles().end();
      });
  if (allowed) return absl::OkStatus();
  return base::MakeError(base::ErrorCode::kRoleMissing, {.field = RoleNames(*policy)});
}

}  // namespace madoguchi::rpc
