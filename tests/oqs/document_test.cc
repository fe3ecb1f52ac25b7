#include "agent/oqs/document.h"

#include <gtest/gtest.h>

#include <string>

#include "agent/base/error.h"
#include "agent/oqs/family.h"
#include "agent/oqs/message.h"
#include "tests/oqs/fixtures.h"

namespace madoguchi::oqs {
namespace {

using base::ErrorCode;

constexpr char kPdfName[] = "YZKsiquc01res_012604100921000101.pdf";

std::string PdfOfSize(size_t size) {
  std::string bytes = "%PDF-1.4\n";
  bytes.resize(size - 6, 'x');
  return bytes + "%%EOF\n";
}

TEST(Document, EveryPdfIsCarriedByteForByte) {
  const std::vector<Fixture> pdfs = FixturesOf(".pdf");
  ASSERT_EQ(pdfs.size(), 2U);
  for (const Fixture& pdf : pdfs) {
    const auto message = ReadPdf(pdf.name, pdf.bytes);
    ASSERT_TRUE(message.ok()) << pdf.path << ": " << message.status();
    EXPECT_EQ(message->document().content(), pdf.bytes);
    EXPECT_EQ(message->document().media_type(), "application/pdf");
    EXPECT_EQ(message->family(), ParseFileName(pdf.name)->family);
    EXPECT_EQ(message->role(), v1::MESSAGE_ROLE_RESPONSE);
    EXPECT_EQ(message->file_name(), pdf.name);
  }
}

TEST(Document, APdfThatIsCutOffIsRefusedAtEveryLength) {
  const Fixture pdf = FixturesOf(".pdf").front();
  const size_t end = pdf.bytes.rfind("%%EOF") + 5;
  for (size_t size = 1; size < end; ++size) {
    const auto message = ReadPdf(pdf.name, pdf.bytes.substr(0, size));
    EXPECT_TRUE(base::Is(message.status(), ErrorCode::kIncompleteMessage)) << size;
  }
  EXPECT_TRUE(ReadPdf(pdf.name, pdf.bytes.substr(0, end)).ok());
}

TEST(Document, APdfMustHaveTheNameOfAnAnswer) {
  for (const char* name : {"YZKsiquc01req_1.pdf", "OQSsiquc01res_face_1.pdf", "bill.pdf", "",
                           "../YZKsiquc01res_1.pdf", "YZKsiquc01res_1.pdf\n"}) {
    EXPECT_TRUE(base::Is(ReadPdf(name, PdfOfSize(1000)).status(), ErrorCode::kNotAnOqsMessage))
        << name;
  }
}

TEST(Document, SizeIsBounded) {
  EXPECT_TRUE(ReadPdf(kPdfName, PdfOfSize(kMaxDocumentBytes)).ok());
  EXPECT_TRUE(base::Is(ReadPdf(kPdfName, PdfOfSize(kMaxDocumentBytes + 1)).status(),
                       ErrorCode::kMessageTooLarge));
  EXPECT_TRUE(ReadOpaque("OQSsiurl01res_1.xml", std::string(kMaxDocumentBytes, 'x')).ok());
  EXPECT_TRUE(
      base::Is(ReadOpaque("OQSsiurl01res_1.xml", std::string(kMaxDocumentBytes + 1, 'x')).status(),
               ErrorCode::kMessageTooLarge));
}

TEST(Opaque, FamiliesKnownByNameOnlyAreCarriedWhateverTheyHold) {
  const std::string bytes("\0\xFF<!DOCTYPE x>\r\n", 16);
  for (const char* family : {"CIPsiquc01", "OQSsihvq01", "OQSsionq01", "OQSsihvd01", "OQSsiurl01",
                             "OQSsiinq01", "OQSsiupd01", "EPSsiabc01", "PMHsimsm01"}) {
    const std::string name = std::string(family) + "res_202604100001.xml";
    ASSERT_TRUE(NamesOtherFamily(name)) << name;
    const auto message = ReadOpaque(name, bytes);
    ASSERT_TRUE(message.ok()) << message.status();
    EXPECT_EQ(message->opaque().family_name(), family);
    EXPECT_EQ(message->opaque().content(), bytes);
    EXPECT_EQ(message->file_name(), name);
    EXPECT_EQ(message->family(), v1::MESSAGE_FAMILY_UNSPECIFIED);
    EXPECT_EQ(message->role(), v1::MESSAGE_ROLE_RESPONSE);
  }
  EXPECT_EQ(ReadOpaque("OQSsiurl01req_1.xml", "x")->role(), v1::MESSAGE_ROLE_REQUEST);
  EXPECT_EQ(ReadOpaque("PMHsimsm01res_face_1.xml", "x")->role(), v1::MESSAGE_ROLE_PUSH);
  EXPECT_TRUE(
      base::Is(ReadOpaque("OQSsiurl01req_1.xml", "").status(), ErrorCode::kIncompleteMessage));
}

}  // namespace
}  // namespace madoguchi::oqs
