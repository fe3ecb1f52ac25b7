#include "agent/audit/trail.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/log.h"
#include "agent/crypto/digest.h"

namespace madoguchi::audit {
namespace {

// Entries kept in memory while the disk is full.
constexpr size_t kMostSpooled = 1000;
// How often it is tried to write them when nothing else is written.
constexpr absl::Duration kRetryAfter = absl::Seconds(10);
constexpr int kPage = 500;
constexpr size_t kKeySize = 32;
// What a client may put into an entry; the rest is cut.
constexpr size_t kLongestField = 256;
// A subject is made by SubjectOf(), which keeps it shorter.
constexpr size_t kLongestSubject = 2048;

std::string SubjectContext(absl::string_view store_id, int64_t number) {
  return absl::StrCat("audit subject ", store_id, " ", number);
}

void Bound(Entry& entry) {
  for (std::string* field :
       {&entry.identity, &entry.person, &entry.reception_id, &entry.outcome, &entry.detail}) {
    if (field->size() > kLongestField) field->resize(kLongestField);
  }
  if (entry.subject.size() > kLongestSubject) entry.subject.clear();
}

bool FailsClosed(const std::vector<Entry>& entries) {
  return std::any_of(entries.begin(), entries.end(), [](const Entry& entry) {
    return LookUp(entry.kind).rule == Rule::kFailClosed;
  });
}

}  // namespace

Trail::Trail(std::string folder, store::Store& store, base::Clock& clock, SiteKey site)
    : folder_(std::move(folder)),
      store_(store),
      clock_(clock),
      site_(std::move(site)),
      key_file_(folder_ + "/audit.key") {}

Trail::~Trail() {
  Stop();
  absl::MutexLock lock(&mu_);
  crypto::Wipe(link_.key);
}

absl::StatusOr<std::unique_ptr<Trail>> Trail::Open(std::string folder, store::Store& store,
                                                   base::Clock& clock) {
  absl::StatusOr<SiteKey> site = SiteKey::LoadOrCreate(folder);
  if (!site.ok()) return site.status();
  // A key that nothing can be sealed to shows now, not at the first patient.
  if (!site->Seal("trial", "trial").ok()) {
    return base::MakeError(base::ErrorCode::kAuditKeyProblem,
                           {.what = "nothing can be sealed to it", .field = "audit-site.pub"});
  }
  std::unique_ptr<Trail> trail(new Trail(std::move(folder), store, clock, *std::move(site)));
  MDG_RETURN_IF_ERROR(trail->OpenChain());
  return trail;
}

absl::Status Trail::OpenChain() {
  absl::MutexLock key_lock(&key_mu_);
  absl::MutexLock lock(&mu_);
  const absl::StatusOr<std::optional<store::AuditRow>> newest = store_.NewestAudit();
  if (!newest.ok()) return newest.status();
  absl::StatusOr<std::optional<Link>> link = key_file_.Load();
  if (!link.ok()) return link.status();
  const int64_t stored = newest->has_value() ? (*newest)->number : 0;
  bool damaged = false;
  if (link->has_value()) {
    link_ = **std::move(link);
    key_number_ = link_.number;
    const absl::StatusOr<bool> ours = CatchUp();
    if (!ours.ok()) return ours.status();
    // Behind the key: entries are gone. The numbers of those that are gone are not given again.
    damaged = !*ours || stored < link_.number;
    if (!*ours) MDG_RETURN_IF_ERROR(StartChain(stored, (*newest)->hash));
  } else {
    damaged = stored > 0;
    MDG_RETURN_IF_ERROR(StartChain(stored, damaged ? (*newest)->hash : FirstHash(store_.Id())));
  }
  {
    absl::MutexLock note_lock(&note_mu_);
    status_.head = {store_.Id(), link_.number, link_.hash};
    status_.damaged = damaged;
    if (newest->has_value()) status_.at = (*newest)->at;
  }
  if (damaged) base::LogError("audit_trail_damaged", {{"entries", absl::StrCat(stored)}});
  std::vector<Entry> entries(1);
  entries[0].kind = damaged ? Kind::kTrailDamaged : Kind::kTrailStarted;
  if (damaged) entries[0].outcome = base::ErrorNumber(base::ErrorCode::kAuditDamaged);
  // A full disk does not keep the daemon from starting.
  if (const auto written = Write({}, entries); !written.ok()) {
    SayUnwritable(written.status());
    Keep(std::move(entries[0]));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Trail::CatchUp() {
  for (;;) {
    const absl::StatusOr<std::vector<store::AuditRow>> rows =
        store_.ReadAudit(std::max<int64_t>(link_.number - 1, 0), kPage);
    if (!rows.ok()) return rows.status();
    int followed = 0;
    for (const store::AuditRow& row : *rows) {
      if (row.number == link_.number && row.hash == link_.hash) continue;
      if (!Follow(link_, row)) return false;
      ++followed;
    }
    if (followed == 0) return true;
    MDG_RETURN_IF_ERROR(key_file_.Save(link_));
    key_number_ = link_.number;
  }
}

absl::Status Trail::StartChain(int64_t after, std::string hash) {
  crypto::Wipe(link_.key);
  link_ = {.number = after, .hash = std::move(hash), .key = crypto::RandomBytes(kKeySize)};
  MDG_RETURN_IF_ERROR(AppendStart(folder_, site_, store_.Id(), after + 1, link_.key));
  key_number_ = after;
  return key_file_.Create(link_);
}

void Trail::SaveKey() {
  absl::MutexLock key_lock(&key_mu_);
  {
    absl::MutexLock lock(&note_mu_);
    key_behind_ = false;
  }
  Link link;
  {
    absl::MutexLock lock(&mu_);
    link = link_;
  }
  if (link.number == key_number_) return crypto::Wipe(link.key);
  const absl::Status saved = key_file_.Save(link);
  if (saved.ok()) key_number_ = link.number;
  crypto::Wipe(link.key);
  absl::MutexLock lock(&note_mu_);
  if (!saved.ok() && key_saved_.ok()) {
    base::LogError("audit_key_not_saved", {{"why", std::string(saved.message())}});
  }
  key_saved_ = saved;
}

absl::Status Trail::AddRow(Entry entry, Link& link, std::vector<store::AuditRow>& rows) const {
  if (!entry.subject.empty()) {
    absl::StatusOr<std::string> sealed =
        site_.Seal(SubjectContext(store_.Id(), link.number + 1), entry.subject);
    if (!sealed.ok()) return sealed.status();
    entry.subject = *std::move(sealed);
  }
  store::AuditRow row;
  // What is stored has no more digits than that, and the hash covers what is stored.
  row.at = absl::FromUnixMicros(
      absl::ToUnixMicros(entry.at == absl::InfinitePast() ? clock_.Now() : entry.at));
  row.body = EncodeEntry(entry);
  Append(link, row);
  rows.push_back(std::move(row));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int64_t>> Trail::Write(store::Changes changes,
                                                  std::vector<Entry> entries) {
  Link link = link_;
  for (const Entry& entry : spool_) MDG_RETURN_IF_ERROR(AddRow(entry, link, changes.audit));
  if (lost_unsaid_ > 0) {
    MDG_RETURN_IF_ERROR(
        AddRow({.kind = Kind::kEntriesLost, .count = lost_unsaid_}, link, changes.audit));
  }
  for (Entry& entry : entries) {
    MDG_RETURN_IF_ERROR(AddRow(std::move(entry), link, changes.audit));
  }
  absl::StatusOr<std::vector<int64_t>> numbers = store_.Commit(changes);
  const bool appended = numbers.ok() && !changes.audit.empty();
  if (appended) {
    crypto::Wipe(link_.key);
    link_ = link;
    spool_.clear();
    lost_unsaid_ = 0;
  }
  crypto::Wipe(link.key);
  if (!appended) return numbers;
  absl::MutexLock lock(&note_mu_);
  status_.writable = absl::OkStatus();
  status_.waiting = 0;
  status_.head.number = link_.number;
  status_.head.hash = link_.hash;
  status_.at = changes.audit.back().at;
  key_behind_ = true;
  noted_.Signal();
  return numbers;
}

void Trail::SayUnwritable(const absl::Status& why) {
  absl::MutexLock lock(&note_mu_);
  if (status_.writable.ok()) {
    base::LogError("audit_not_writable", {{"why", std::string(why.message())}});
  }
  status_.writable = why;
  retry_at_ = clock_.Now() + kRetryAfter;
  noted_.Signal();
}

absl::StatusOr<std::vector<int64_t>> Trail::Commit(const store::Changes& changes,
                                                   std::vector<Entry> entries) {
  for (Entry& entry : entries) Bound(entry);
  absl::MutexLock lock(&mu_);
  absl::StatusOr<std::vector<int64_t>> numbers = Write(changes, entries);
  if (numbers.ok()) return numbers;
  const bool full = base::Is(numbers.status(), base::ErrorCode::kStoreFull);
  if (full || FailsClosed(entries)) {
    SayUnwritable(numbers.status());
    return numbers;
  }
  // Whatever is wrong with the trail, patients are received.
  absl::StatusOr<std::vector<int64_t>> bare = store_.Commit(changes);
  if (!bare.ok()) return numbers;
  SayUnwritable(numbers.status());
  for (Entry& entry : entries) Keep(std::move(entry));
  return bare;
}

void Trail::Keep(Entry entry) {
  const bool keeps = LookUp(entry.kind).rule == Rule::kSpool && spool_.size() < kMostSpooled;
  const int64_t count = entry.count;
  if (keeps) {
    if (entry.at == absl::InfinitePast()) entry.at = clock_.Now();
    spool_.push_back(std::move(entry));
  } else {
    lost_unsaid_ += count;
  }
  absl::MutexLock lock(&note_mu_);
  status_.waiting = static_cast<int64_t>(spool_.size());
  if (!keeps) status_.lost += count;
}

absl::Status Trail::Record(Entry entry) {
  Bound(entry);
  absl::MutexLock lock(&mu_);
  absl::Status written = Write({}, {entry}).status();
  if (!written.ok()) SayUnwritable(written);
  if (written.ok() || LookUp(entry.kind).rule == Rule::kFailClosed) return written;
  Keep(std::move(entry));
  return absl::OkStatus();
}

void Trail::Note(Entry entry) {
  Bound(entry);
  absl::MutexLock lock(&note_mu_);
  const absl::Time now = clock_.Now();
  notes_.Add(std::move(entry), now);
  // What is only counted wakes nobody.
  if (notes_.Next() <= now) noted_.Signal();
}

void Trail::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Trail::Stop() {
  {
    absl::MutexLock lock(&note_mu_);
    stopping_ = true;
    noted_.SignalAll();
  }
  if (thread_.joinable()) thread_.join();
  SaveKey();
}

void Trail::Run() {
  for (bool last = false; !last;) {
    std::vector<Entry> entries;
    {
      absl::MutexLock lock(&note_mu_);
      while (!stopping_ && !key_behind_ && NextTask() > clock_.Now()) {
        clock_.Wait(note_mu_, noted_, NextTask());
      }
      last = stopping_;
      entries = last ? notes_.TakeAll() : notes_.Take(clock_.Now());
    }
    WriteNoted(std::move(entries));
    WriteKept();
    SaveKey();
  }
}

absl::Time Trail::NextTask() const { return std::min(notes_.Next(), retry_at_); }

void Trail::WriteKept() {
  bool full = false;
  {
    absl::MutexLock lock(&note_mu_);
    if (retry_at_ > clock_.Now()) return;
    retry_at_ = absl::InfiniteFuture();
    full = base::Is(status_.writable, base::ErrorCode::kStoreFull);
  }
  absl::MutexLock lock(&mu_);
  const bool any = !spool_.empty() || lost_unsaid_ > 0;
  // With nothing kept, only of the disk can it be known whether it takes something again.
  if (!any && !full) return;
  const absl::Status written = any ? Write({}, {}).status() : store_.Probe();
  if (!written.ok()) return SayUnwritable(written);
  absl::MutexLock note_lock(&note_mu_);
  status_.writable = absl::OkStatus();
}

void Trail::WriteNoted(std::vector<Entry> entries) {
  if (entries.empty()) return;
  absl::MutexLock lock(&mu_);
  const absl::Status written = Write({}, entries).status();
  if (written.ok()) return;
  SayUnwritable(written);
  for (Entry& entry : entries) Keep(std::move(entry));
}

absl::StatusOr<std::string> Trail::Disclose(int64_t number, const Entry& entry) const {
  return site_.Open(SubjectContext(store_.Id(), number), entry.subject);
}

TrailStatus Trail::Status() const {
  absl::MutexLock lock(&note_mu_);
  TrailStatus status = status_;
  if (status.writable.ok()) status.writable = key_saved_;
  return status;
}

absl::StatusOr<Verdict> Trail::Verify(const std::vector<Anchor>& anchors) const {
  std::vector<audit::Start> starts = ReadStarts(folder_, site_, store_.Id());
  const Anchor head = Status().head;
  absl::StatusOr<Verdict> verdict = audit::Verify(store_, head, starts, anchors);
  for (audit::Start& start : starts) {
    if (start.key.has_value()) crypto::Wipe(*start.key);
  }
  if (!verdict.ok()) return verdict;
  absl::MutexLock lock(&mu_);
  const absl::StatusOr<std::optional<store::AuditRow>> newest = store_.NewestAudit();
  if (!newest.ok()) return newest.status();
  // Nobody but this appends.
  if (newest->has_value() && (*newest)->number > link_.number) {
    verdict->findings.push_back({(*newest)->number, Problem::kForged});
  }
  return verdict;
}

}  // namespace madoguchi::audit
