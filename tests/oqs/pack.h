#ifndef MADOGUCHI_TESTS_OQS_PACK_H_
#define MADOGUCHI_TESTS_OQS_PACK_H_

#include <zip.h>

#include <string>
#include <vector>

namespace madoguchi::oqs {

struct Content {
  std::string name;
  std::string bytes;
};

// An archive as a program would make it; `method`: ZIP_CM_STORE or ZIP_CM_DEFLATE; encrypted with
// `password` unless that is null.
std::string Zip(const std::vector<Content>& contents, int method = ZIP_CM_DEFLATE,
                const char* password = nullptr);

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_TESTS_OQS_PACK_H_
