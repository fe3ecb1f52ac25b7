#include "agent/config/section.h"

#include <set>
#include <sstream>
#include <utility>

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/base/error.h"
#include "agent/base/log.h"

namespace madoguchi::config {
namespace {

constexpr size_t kMostElements = 1000;

absl::Status Problem(const std::string& what, const std::string& key) {
  return base::MakeError(base::ErrorCode::kBadConfiguration, {.what = what, .field = key});
}

}  // namespace

class Section::Impl {
 public:
  struct File {
    toml::table root;
    std::string path;
    absl::Status status;
  };

  Impl(std::shared_ptr<File> file, const toml::table& table, std::string name)
      : file_(std::move(file)), table_(table), name_(std::move(name)) {}

  const toml::node* Find(const std::string& key, bool required) {
    used_.insert(key);
    const toml::node* node = table_.get(key);
    if (node == nullptr && required && file_->status.ok()) {
      Refuse(table_, key, "a value; it is missing");
      only_missing_ = true;
    }
    return node;
  }

  void Refuse(const toml::node& node, const std::string& key, const std::string& allowed) {
    if (!file_->status.ok()) return;
    std::ostringstream value;
    if (!node.is_table() && !node.is_array()) node.visit([&value](auto&& it) { value << it; });
    const std::string path = name_.empty() ? key : absl::StrCat(name_, ".", key);
    const std::string shown = value.str();
    file_->status = Problem(
        absl::StrCat(file_->path, ":", node.source().begin.line, ": ", path,
                     shown.empty() ? "" : " = ", base::Printable(shown), ": allowed is ", allowed),
        path);
  }

  void RefuseUnknown() {
    for (const auto& [key, node] : table_) {
      if (used_.count(std::string(key.str())) == 0) {
        if (only_missing_) file_->status = absl::OkStatus();
        only_missing_ = false;
        Refuse(node, std::string(key.str()),
               "one of the keys " + absl::StrJoin(used_, ", ") + " (unknown key)");
      }
    }
  }

  void RefuseKey(const std::string& key, const std::string& allowed) {
    const toml::node* node = table_.get(key);
    Refuse(node == nullptr ? static_cast<const toml::node&>(table_) : *node, key, allowed);
  }

  std::unique_ptr<Impl> Below(const toml::table& table, const std::string& name) const {
    return std::make_unique<Impl>(file_, table,
                                  name_.empty() ? name : absl::StrCat(name_, ".", name));
  }

  const absl::Status& status() const { return file_->status; }

 private:
  const std::shared_ptr<File> file_;
  const toml::table& table_;
  const std::string name_;
  std::set<std::string> used_;
  bool only_missing_ = false;
};

Section::Section(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Section::Section(Section&& other) noexcept = default;
Section& Section::operator=(Section&& other) noexcept = default;
Section::~Section() = default;

absl::StatusOr<Section> Section::Parse(absl::string_view text, const std::string& path) {
  try {
    auto file = std::make_shared<Impl::File>(Impl::File{
        .root = toml::parse(std::string(text), path), .path = path, .status = absl::OkStatus()});
    const toml::table& root = file->root;
    return Section(std::make_unique<Impl>(std::move(file), root, ""));
  } catch (const toml::parse_error& error) {
    return Problem(absl::StrCat(path, ":", error.source().begin.line, ": ",
                                base::Printable(std::string(error.description()), 300)),
                   "");
  }
}

std::string Section::Text(const std::string& key, const Check& check, const std::string& fallback,
                          bool required) {
  const toml::node* node = impl_->Find(key, required);
  if (node == nullptr) return fallback;
  const auto value = node->value_exact<std::string>();
  if (!value.has_value() || !check.accepts(*value)) {
    impl_->Refuse(*node, key, check.allowed);
    return fallback;
  }
  return *value;
}

int64_t Section::Number(const std::string& key, int64_t least, int64_t most, int64_t fallback) {
  const toml::node* node = impl_->Find(key, false);
  if (node == nullptr) return fallback;
  const auto value = node->value_exact<int64_t>();
  if (!value.has_value() || *value < least || *value > most) {
    impl_->Refuse(*node, key, absl::StrCat("a whole number from ", least, " to ", most));
    return fallback;
  }
  return *value;
}

bool Section::Flag(const std::string& key, bool fallback) {
  const toml::node* node = impl_->Find(key, false);
  if (node == nullptr) return fallback;
  const auto value = node->value_exact<bool>();
  if (!value.has_value()) impl_->Refuse(*node, key, "true or false");
  return value.value_or(fallback);
}

absl::Duration Section::Time(const std::string& key, absl::Duration least, absl::Duration most,
                             absl::Duration fallback) {
  const toml::node* node = impl_->Find(key, false);
  if (node == nullptr) return fallback;
  absl::Duration value;
  const auto text = node->value_exact<std::string>();
  if (!text.has_value() || !absl::ParseDuration(*text, &value) || value < least || value > most) {
    impl_->Refuse(*node, key,
                  absl::StrCat("a time from \"", absl::FormatDuration(least), "\" to \"",
                               absl::FormatDuration(most), "\""));
    return fallback;
  }
  return value;
}

std::vector<std::string> Section::List(const std::string& key, const Check& check, bool required) {
  std::vector<std::string> values;
  const toml::node* node = impl_->Find(key, required);
  if (node == nullptr) return values;
  const toml::array* array = node->as_array();
  if (array == nullptr || array->size() > kMostElements) {
    impl_->Refuse(*node, key, "a list of " + check.allowed);
    return values;
  }
  for (const toml::node& element : *array) {
    const auto value = element.value_exact<std::string>();
    if (!value.has_value() || !check.accepts(*value)) {
      impl_->Refuse(element, key, "a list of " + check.allowed);
      return {};
    }
    values.push_back(*value);
  }
  return values;
}

std::optional<Section> Section::Table(const std::string& key, bool required) {
  const toml::node* node = impl_->Find(key, required);
  if (node == nullptr) return std::nullopt;
  const toml::table* table = node->as_table();
  if (table == nullptr) {
    impl_->Refuse(*node, key, "a [" + key + "] table");
    return std::nullopt;
  }
  return Section(impl_->Below(*table, key));
}

std::vector<Section> Section::Tables(const std::string& key) {
  std::vector<Section> tables;
  const toml::node* node = impl_->Find(key, false);
  if (node == nullptr) return tables;
  const toml::array* array = node->as_array();
  if (array == nullptr || array->size() > kMostElements || !array->is_homogeneous<toml::table>()) {
    impl_->Refuse(*node, key, "[[" + key + "]] tables");
    return tables;
  }
  for (const toml::node& element : *array) {
    tables.push_back(Section(impl_->Below(*element.as_table(), key)));
  }
  return tables;
}

void Section::RefuseUnknown() { impl_->RefuseUnknown(); }

void Section::RefuseKey(const std::string& key, const std::string& allowed) {
  impl_->RefuseKey(key, allowed);
}

const absl::Status& Section::status() const { return impl_->status(); }

}  // namespace madoguchi::config
