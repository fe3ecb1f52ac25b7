#ifndef MADOGUCHI_AGENT_RPC_SERVICES_H_
#define MADOGUCHI_AGENT_RPC_SERVICES_H_

#include <grpcpp/impl/service_type.h>

#include <memory>

#include "agent/base/executor.h"
#include "agent/records/keeper.h"
#include "agent/rpc/reader_functions.h"
#include "agent/rpc/reception_source.h"
#include "agent/rpc/status_source.h"

namespace madoguchi::rpc {

struct ServiceContext;

// The services as gRPC wants them. What `context` refers to, and `messages`, outlive them; they
// outlive the server.
std::unique_ptr<grpc::Service> MakeReceptionService(const ServiceContext& context,
                                                    EventMessages& messages);
std::unique_ptr<grpc::Service> MakeEligibilityService(const ServiceContext& context);
std::unique_ptr<grpc::Service> MakeMedicalRecordService(const ServiceContext& context,
                                                        records::Keeper& keeper);
// Medical records through `keeper`, as MedicalRecordService.
std::unique_ptr<grpc::Service> MakeExportService(const ServiceContext& context,
                                                 records::Keeper& keeper);
// `audit`: where the audit trail is read.
std::unique_ptr<grpc::Service> MakeAuditService(const ServiceContext& context,
                                                base::Executor& audit);
std::unique_ptr<grpc::Service> MakeSystemService(const ServiceContext& context,
                                                 StatusFunction status, ReaderFunctions readers);

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_SERVICES_H_
