#ifndef MADOGUCHI_TESTS_ELIGIBILITY_EXCHANGE_SITE_H_
#define MADOGUCHI_TESTS_ELIGIBILITY_EXCHANGE_SITE_H_

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "agent/eligibility/exchange_folder.h"

// For tests: the folders `req` and `res` of a terminal, on this machine.
namespace madoguchi::eligibility {

class ExchangeSite {
 public:
  ExchangeSite() {
    // In memory where that is possible: what counts here is order, not the disk.
    const std::filesystem::path parent = std::filesystem::is_directory("/dev/shm")
                                             ? "/dev/shm"
                                             : std::filesystem::temp_directory_path();
    std::string path = (parent / "mdg-exchange-XXXXXX").string();
    root_ = mkdtemp(path.data()) == nullptr ? "" : path;
    std::filesystem::create_directory(Req());
    std::filesystem::create_directory(Res());
  }
  ~ExchangeSite() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  ExchangeSite(const ExchangeSite&) = delete;
  ExchangeSite& operator=(const ExchangeSite&) = delete;

  std::filesystem::path Req() const { return root_ / "req"; }
  std::filesystem::path Res() const { return root_ / "res"; }
  ExchangeFolder Folder() { return ExchangeFolder(Req(), Res(), 1 << 20, meter_); }

  static void Put(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  static std::string Bytes(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  static std::set<std::string> Names(const std::filesystem::path& folder) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }

 private:
  std::filesystem::path root_;
  CallMeter meter_;
};

}  // namespace madoguchi::eligibility

#endif  // MADOGUCHI_TESTS_ELIGIBILITY_EXCHANGE_SITE_H_
