#include "agent/crypto/pki.h"

#include <arpa/inet.h>

#include <filesystem>
#include <iostream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "agent/base/error.h"
#include "agent/base/log.h"
#include "agent/cli/commands.h"
#include "agent/cli/report.h"

namespace madoguchi::cli {
namespace {

constexpr mode_t kSecret = 0600;
constexpr mode_t kPublic = 0644;

std::string PathOf(const PkiOptions& options, const std::string& file) {
  return (std::filesystem::path(options.folder) / file).string();
}

absl::StatusOr<crypto::KeyPair> ReadCa(const PkiOptions& options) {
  crypto::KeyPair ca;
  const auto certificate = crypto::ReadPemFile(PathOf(options, "ca.pem"));
  MDG_RETURN_IF_ERROR(certificate.status());
  const auto key = crypto::ReadPemFile(PathOf(options, "ca.key"));
  MDG_RETURN_IF_ERROR(key.status());
  ca.certificate = *certificate;
  ca.key = *key;
  return ca;
}

absl::Status Write(const PkiOptions& options, const std::string& file, const std::string& contents,
                   mode_t mode) {
  MDG_RETURN_IF_ERROR(crypto::WritePemFile(PathOf(options, file), contents, mode, options.force));
  std::cout << base::Printable(PathOf(options, file), 1000) << '\n';
  return absl::OkStatus();
}

absl::Status WritePair(const PkiOptions& options, const std::string& stem,
                       const crypto::KeyPair& pair) {
  // The key first: a certificate without its key is of no use, and says so later and less clearly.
  MDG_RETURN_IF_ERROR(Write(options, stem + ".key", pair.key, kSecret));
  return Write(options, stem + ".pem", pair.certificate, kPublic);
}

bool IsAddress(const std::string& name) {
  in6_addr any = {};
  return ::inet_pton(AF_INET, name.c_str(), &any) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), &any) == 1;
}

absl::Status Init(const PkiOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(options.folder, error);
  const auto ca = crypto::MakeCa("madoguchi-site-ca", absl::Now());
  MDG_RETURN_IF_ERROR(ca.status());
  return WritePair(options, "ca", *ca);
}

absl::Status Server(const PkiOptions& options) {
  const auto ca = ReadCa(options);
  MDG_RETURN_IF_ERROR(ca.status());
  crypto::ServerNames names;
  std::vector<std::string> all = {options.name};
  all.insert(all.end(), options.also.begin(), options.also.end());
  for (const std::string& name : all) (IsAddress(name) ? names.ip : names.dns).push_back(name);
  const auto pair = crypto::IssueServer(*ca, "madoguchi", names, absl::Now(), options.days);
  MDG_RETURN_IF_ERROR(pair.status());
  return WritePair(options, "server", *pair);
}

absl::Status Client(const PkiOptions& options) {
  MDG_RETURN_IF_ERROR(crypto::CheckPkiName(options.name));
  const auto ca = ReadCa(options);
  MDG_RETURN_IF_ERROR(ca.status());
  const auto pair = crypto::IssueClient(*ca, options.name, absl::Now(), options.days);
  MDG_RETURN_IF_ERROR(pair.status());
  const std::string password = crypto::GeneratePassword();
  const auto pfx = crypto::MakePfx(*pair, ca->certificate, password);
  MDG_RETURN_IF_ERROR(pfx.status());
  MDG_RETURN_IF_ERROR(WritePair(options, options.name, *pair));
  MDG_RETURN_IF_ERROR(Write(options, options.name + ".pfx", *pfx, kSecret));
  // Shown once and kept nowhere.
  std::cout << "PFX のパスワード (password of the PFX): " << password << '\n';
  return absl::OkStatus();
}

}  // namespace

int PkiInit(const Global& global, const PkiOptions& options) {
  return Report(global, Init(options));
}

int PkiServer(const Global& global, const PkiOptions& options) {
  return Report(global, Server(options));
}

int PkiClient(const Global& global, const PkiOptions& options) {
  return Report(global, Client(options));
}

}  // namespace madoguchi::cli
