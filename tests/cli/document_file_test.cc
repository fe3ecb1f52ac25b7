#include "agent/cli/document_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "agent/base/error.h"

namespace madoguchi::cli {
namespace {

namespace fs = std::filesystem;

class DocumentFileTest : public testing::Test {
 protected:
  DocumentFileTest() {
    std::string pattern = (fs::temp_directory_path() / "document-XXXXXX").string();
    folder_ = mkdtemp(pattern.data()) == nullptr ? "" : pattern;
  }
  ~DocumentFileTest() override { fs::remove_all(folder_); }

  std::string Path(const std::string& name = "a.pdf") const { return folder_ + "/" + name; }
  std::string Contents(const std::string& name = "a.pdf") const {
    std::ifstream in(Path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  ptrdiff_t Files() const {
    return std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
  }

  std::string folder_;
};

TEST_F(DocumentFileTest, IsForItsOwnerOnly) {
  const mode_t before = ::umask(0);
  ASSERT_TRUE(CheckDocumentFile(Path(), false).ok());
  ASSERT_TRUE(WriteDocumentFile(Path(), "%PDF", false).ok());
  ::umask(before);
  struct stat status = {};
  ASSERT_EQ(::stat(Path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(Contents(), "%PDF");
  EXPECT_EQ(Files(), 1);
}

TEST_F(DocumentFileTest, NeverOverwritesWithoutForce) {
  std::ofstream(Path()) << "mine";
  EXPECT_TRUE(base::Is(CheckDocumentFile(Path(), false), base::ErrorCode::kInvalidField));
  EXPECT_TRUE(base::Is(WriteDocumentFile(Path(), "%PDF", false), base::ErrorCode::kInvalidField));
  EXPECT_EQ(Contents(), "mine");
  EXPECT_EQ(Files(), 1);
  EXPECT_TRUE(CheckDocumentFile(Path(), true).ok());
  EXPECT_TRUE(WriteDocumentFile(Path(), "%PDF", true).ok());
  EXPECT_EQ(Contents(), "%PDF");
  EXPECT_EQ(Files(), 1);
}

TEST_F(DocumentFileTest, ALinkIsReplacedNotFollowed) {
  std::ofstream(Path("target")) << "mine";
  fs::create_symlink(Path("target"), Path());
  EXPECT_FALSE(WriteDocumentFile(Path(), "%PDF", false).ok());
  EXPECT_TRUE(WriteDocumentFile(Path(), "%PDF", true).ok());
  EXPECT_EQ(Contents("target"), "mine");
  EXPECT_FALSE(fs::is_symlink(Path()));
}

TEST_F(DocumentFileTest, FoldersAreNoFiles) {
  EXPECT_FALSE(CheckDocumentFile(folder_, true).ok());
  EXPECT_FALSE(CheckDocumentFile(folder_ + "/none/a.pdf", false).ok());
  EXPECT_FALSE(WriteDocumentFile(folder_ + "/none/a.pdf", "%PDF", false).ok());
}

}  // namespace
}  // namespace madoguchi::cli
