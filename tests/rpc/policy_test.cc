#include "agent/rpc/policy.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "agent/base/error.h"
#include "tests/rpc/site.h"

namespace madoguchi::rpc {
namespace {

using google::protobuf::MethodDescriptor;

std::vector<const MethodDescriptor*> Methods() {
  std::vector<const MethodDescriptor*> methods;
  for (const auto* service : ApiServices()) {
    for (int i = 0; i < service->method_count(); ++i) methods.push_back(service->method(i));
  }
  return methods;
}

std::vector<v1::Role> Roles() {
  std::vector<v1::Role> roles;
  const auto* type = v1::Role_descriptor();
  roles.reserve(static_cast<size_t>(type->value_count()));
  for (int i = 0; i < type->value_count(); ++i) {
    roles.push_back(static_cast<v1::Role>(type->value(i)->number()));
  }
  return roles;
}

bool PolicyAllows(const MethodDescriptor& method, v1::Role role) {
  const auto& roles = method.options().GetExtension(v1::policy).roles();
  return role != v1::ROLE_UNSPECIFIED && std::find(roles.begin(), roles.end(), role) != roles.end();
}

// What a call without a body ends with, as far as that is before anything is looked at.
grpc::Status CallWithoutBody(const Site& site, const MethodDescriptor& method) {
  grpc::GenericStub stub(site.Channel());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  const std::string path = absl::StrCat("/", method.service()->full_name(), "/", method.name());
  grpc::CompletionQueue queue;
  auto stream = stub.PrepareCall(&context, path, &queue);
  void* tag = nullptr;
  bool ok = false;
  const auto wait = [&] { return queue.Next(&tag, &ok) && ok; };
  stream->StartCall(nullptr);
  grpc::ByteBuffer empty;
  grpc::Slice nothing("");
  empty = grpc::ByteBuffer(&nothing, 1);
  grpc::Status status;
  if (wait()) {
    stream->WriteLast(empty, grpc::WriteOptions(), nullptr);
    wait();
    grpc::ByteBuffer reply;
    stream->Read(&reply, nullptr);
    // A stream that answers was let in; it would not end by itself.
    if (wait()) context.TryCancel();
  }
  stream->Finish(&status, nullptr);
  queue.Next(&tag, &ok);
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
  return status;
}

TEST(AuthoriserTest, LetsInExactlyTheRolesOfThePolicy) {
  const Authoriser authoriser(ApiServices());
  int allowed = 0;
  int refused = 0;
  for (const auto* method : Methods()) {
    for (const v1::Role role : Roles()) {
      const Identity identity{"someone", {role}, {}};
      const absl::Status status = authoriser.Check(method->full_name(), &identity);
      if (PolicyAllows(*method, role)) {
        EXPECT_TRUE(status.ok()) << method->full_name() << " " << v1::Role_Name(role);
        ++allowed;
      } else {
        EXPECT_TRUE(base::Is(status, base::ErrorCode::kRoleMissing)) << method->full_name();
        ++refused;
      }
    }
    EXPECT_TRUE(base::Is(authoriser.Check(method->full_name(), nullptr),
                         base::ErrorCode::kUnknownIdentity));
    const Identity nobody{"nobody", {}, {}};
    EXPECT_TRUE(
        base::Is(authoriser.Check(method->full_name(), &nobody), base::ErrorCode::kRoleMissing));
  }
  EXPECT_GT(allowed, 20);
  EXPECT_GT(refused, 20);
}

TEST(AuthoriserTest, NamesTheRolesThatWouldDo) {
  const Authoriser authoriser(ApiServices());
  const Identity identity{"someone", {v1::ROLE_TECHNICIAN}, {}};
  const auto detail =
      base::DetailOf(authoriser.Check("madoguchi.v1.ReceptionService.AssignPatient", &identity));
  EXPECT_EQ(detail->field(), "ROLE_EMR,ROLE_RECEIPT,ROLE_DISPENSING,ROLE_DESK");
}

TEST(AuthoriserTest, RefusesAMethodWithoutPolicyToEverybody) {
  google::protobuf::FileDescriptorProto file;
  file.set_name("open.proto");
  file.set_package("t");
  file.add_message_type()->set_name("M");
  auto* service = file.add_service();
  service->set_name("S");
  auto* method = service->add_method();
  method->set_name("Open");
  method->set_input_type(".t.M");
  method->set_output_type(".t.M");
  google::protobuf::DescriptorPool pool;
  const auto* built = pool.BuildFile(file);
  ASSERT_NE(built, nullptr);
  const Authoriser authoriser({built->service(0)});
  const Identity everything{"someone", Roles(), {}};
  EXPECT_TRUE(base::Is(authoriser.Check("t.S.Open", &everything), base::ErrorCode::kNoPolicy));
  EXPECT_TRUE(base::Is(authoriser.Check("t.S.Other", &everything), base::ErrorCode::kNoPolicy));
}

TEST(AuthoriserTest, EveryMethodOfTheApiHasAPolicyWithARole) {
  const Authoriser authoriser(ApiServices());
  ASSERT_GE(Methods().size(), 10u);
  for (const auto* method : Methods()) {
    const auto* policy = authoriser.Policy(method->full_name());
    ASSERT_NE(policy, nullptr) << method->full_name();
    EXPECT_GT(policy->roles_size(), 0) << method->full_name();
  }
}

// The same table, over the wire: what the handlers really do.
TEST(AuthorisationMatrixTest, EveryMethodAnswersEveryRoleAsItsPolicySays) {
  for (const v1::Role role : Roles()) {
    if (role == v1::ROLE_UNSPECIFIED) continue;
    Site::Options options;
    options.roles = {role};
    Site site(options);
    for (const auto* method : Methods()) {
      const std::string number = NumberIn(CallWithoutBody(site, *method));
      if (PolicyAllows(*method, role)) {
        EXPECT_THAT(number, testing::AnyOf("", "MDG-1001", "MDG-1104"))
            << method->full_name() << " " << v1::Role_Name(role);
      } else {
        EXPECT_EQ(number, "MDG-1102") << method->full_name() << " " << v1::Role_Name(role);
      }
    }
  }
}

TEST(AuthorisationMatrixTest, ACallerWhoIsNotConfiguredIsRefusedEverywhere) {
  Site::Options options;
  options.known = false;
  Site site(options);
  for (const auto* method : Methods()) {
    const grpc::Status status = CallWithoutBody(site, *method);
    EXPECT_EQ(NumberIn(status), "MDG-1101") << method->full_name();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  }
}

TEST(IdentityTableTest, KnowsUsersAndCertificates) {
  const auto table = IdentityTable::Make({{"emr", 1000, std::nullopt, {v1::ROLE_EMR}, {}},
                                          {"desk", std::nullopt, "desk-1", {v1::ROLE_DESK}, {}}});
  ASSERT_TRUE(table.ok());
  Peer local;
  local.uid = 1000;
  // What a peer says about a certificate means nothing on the UNIX socket.
  local.common_name = "desk-1";
  ASSERT_NE(table->Find(local), nullptr);
  EXPECT_EQ(table->Find(local)->name, "emr");
  local.uid = 1001;
  EXPECT_EQ(table->Find(local), nullptr);
  Peer remote;
  remote.kind = Peer::Kind::kTls;
  remote.uid = 1000;
  remote.common_name = "desk-1";
  ASSERT_NE(table->Find(remote), nullptr);
  EXPECT_EQ(table->Find(remote)->name, "desk");
  remote.common_name = "";
  EXPECT_EQ(table->Find(remote), nullptr);
}

TEST(IdentityTableTest, RefusesClientsThatContradictEachOther) {
  const ClientConfig good{"a", 1, std::nullopt, {v1::ROLE_EMR}, {}};
  const auto refused = [](const std::vector<ClientConfig>& clients) {
    return base::Is(IdentityTable::Make(clients).status(), base::ErrorCode::kBadConfiguration);
  };
  EXPECT_TRUE(refused({good, {"b", 1, std::nullopt, {v1::ROLE_DESK}, {}}}));
  EXPECT_TRUE(refused({good, {"a", 2, std::nullopt, {v1::ROLE_DESK}, {}}}));
  EXPECT_TRUE(refused({{"", 1, std::nullopt, {v1::ROLE_EMR}, {}}}));
  EXPECT_TRUE(refused({{"a", 1, std::nullopt, {}, {}}}));
  EXPECT_TRUE(refused({{"a", std::nullopt, std::nullopt, {v1::ROLE_EMR}, {}}}));
  EXPECT_TRUE(refused({{"a", std::nullopt, "", {v1::ROLE_EMR}, {}}}));
}

}  // namespace
}  // namespace madoguchi::rpc
