#include "agent/rpc/accept/tls.h"

#include <sys/stat.h>

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/log.h"
#include "agent/crypto/pki.h"

namespace madoguchi::rpc {
namespace {

// What the cipher list of gRPC offers for TLS 1.2; TLS 1.3 has a list of its own.
constexpr char kEcdheAead[] =
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305";
// None of these can be used with an ECDSA certificate, so that a 1.2 client finds nothing.
constexpr char kRsaOnly[] = "ECDHE-RSA-AES256-GCM-SHA384";

absl::StatusOr<TlsIdentity::Material> ReadMaterial(const TlsFiles& files) {
  TlsIdentity::Material material;
  const std::pair<const std::string&, std::string&> wanted[] = {
      {files.certificate, material.certificate},
      {files.key, material.key},
      {files.client_ca, material.client_ca}};
  for (const auto& [path, contents] : wanted) {
    absl::StatusOr<std::string> read = crypto::ReadPemFile(path);
    if (!read.ok()) return read.status();
    contents = *std::move(read);
  }
  MDG_RETURN_IF_ERROR(crypto::CheckKeyPair(
      material.certificate, material.key, material.client_ca, absl::Now(),
      {.certificate = files.certificate, .key = files.key, .ca = files.client_ca}));
  absl::StatusOr<absl::Time> end = crypto::NotAfter(material.certificate);
  if (!end.ok()) return end.status();
  material.not_after = *end;
  return material;
}

}  // namespace

TlsIdentity::TlsIdentity(TlsFiles files) : files_(std::move(files)) {}

absl::StatusOr<std::shared_ptr<TlsIdentity>> TlsIdentity::Load(TlsFiles files) {
  std::shared_ptr<TlsIdentity> identity(new TlsIdentity(std::move(files)));
  MDG_RETURN_IF_ERROR(identity->Reload());
  return identity;
}

std::string TlsIdentity::Stamp() const {
  std::string stamp;
  for (const std::string* path : {&files_.certificate, &files_.key, &files_.client_ca}) {
    struct stat info {};
    if (::stat(path->c_str(), &info) != 0) {
      absl::StrAppend(&stamp, "none;");
      continue;
    }
    absl::StrAppend(&stamp, info.st_ino, ",", info.st_size, ",", info.st_mtim.tv_sec, ".",
                    info.st_mtim.tv_nsec, ";");
  }
  return stamp;
}

absl::Status TlsIdentity::Reload() {
  // Before reading: a change in between is seen by the next look.
  std::string stamp = Stamp();
  absl::StatusOr<Material> read = ReadMaterial(files_);
  const absl::MutexLock lock(&mu_);
  stamp_ = std::move(stamp);
  last_reload_ = read.status();
  if (!read.ok()) return read.status();
  if (material_ != nullptr && material_->certificate == read->certificate &&
      material_->key == read->key && material_->client_ca == read->client_ca) {
    return absl::OkStatus();
  }
  read->generation = material_ == nullptr ? 1 : material_->generation + 1;
  material_ = std::make_shared<const Material>(*std::move(read));
  return absl::OkStatus();
}

void TlsIdentity::ReloadIfChanged() {
  const std::string stamp = Stamp();
  {
    const absl::MutexLock lock(&mu_);
    if (stamp == stamp_) return;
  }
  const absl::Status status = Reload();
  if (status.ok()) {
    base::LogInfo("certificate_taken", {{"until", absl::FormatTime(NotAfter())}});
  } else {
    base::LogWarning("certificate_not_taken", {{"error", std::string(status.message())}});
  }
}

absl::Time TlsIdentity::NotAfter() const { return Current()->not_after; }

absl::Status TlsIdentity::LastReload() const {
  const absl::MutexLock lock(&mu_);
  return last_reload_;
}

std::shared_ptr<const TlsIdentity::Material> TlsIdentity::Current() const {
  const absl::MutexLock lock(&mu_);
  return material_;
}

void SetTlsCiphers(bool tls13_only) {
  ::setenv("GRPC_SSL_CIPHER_SUITES", tls13_only ? kRsaOnly : kEcdheAead, 1);
}

absl::Status CheckTls13Only(const TlsIdentity& identity) {
  absl::StatusOr<bool> elliptic = crypto::HasEllipticKey(identity.Current()->certificate);
  if (!elliptic.ok()) return elliptic.status();
  if (*elliptic) return absl::OkStatus();
  return base::MakeError(base::ErrorCode::kCertificateProblem,
                         {.what = "TLS 1.3 only needs a server certificate with an ECDSA key",
                          .field = "certificate"});
}

}  // namespace madoguchi::rpc
