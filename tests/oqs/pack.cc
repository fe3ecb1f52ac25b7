#include "tests/oqs/pack.h"

#include <gtest/gtest.h>

namespace madoguchi::oqs {

std::string Zip(const std::vector<Content>& contents, int method, const char* password) {
  zip_source_t* const into = zip_source_buffer_create(nullptr, 0, 0, nullptr);
  zip_source_keep(into);
  zip_t* const archive = zip_open_from_source(into, ZIP_TRUNCATE, nullptr);
  for (const Content& content : contents) {
    const zip_int64_t index =
        zip_file_add(archive, content.name.c_str(),
                     zip_source_buffer(archive, content.bytes.data(), content.bytes.size(), 0),
                     ZIP_FL_ENC_GUESS);
    EXPECT_GE(index, 0);
    zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), method, 9);
    if (password != nullptr) {
      zip_file_set_encryption(archive, static_cast<zip_uint64_t>(index), ZIP_EM_AES_256, password);
    }
  }
  EXPECT_EQ(zip_close(archive), 0) << zip_strerror(archive);
  zip_stat_t about;
  EXPECT_EQ(zip_source_stat(into, &about), 0);
  std::string bytes(about.size, '\0');
  EXPECT_EQ(zip_source_open(into), 0);
  EXPECT_EQ(zip_source_read(into, bytes.data(), bytes.size()),
            static_cast<zip_int64_t>(bytes.size()));
  zip_source_close(into);
  zip_source_free(into);
  return bytes;
}

}  // namespace madoguchi::oqs
