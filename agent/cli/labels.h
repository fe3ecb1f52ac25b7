#ifndef MADOGUCHI_AGENT_CLI_LABELS_H_
#define MADOGUCHI_AGENT_CLI_LABELS_H_

#include <string>

#include "google/protobuf/timestamp.pb.h"
#include "madoguchi/v1/codes.pb.h"
#include "madoguchi/v1/reception.pb.h"
#include "madoguchi/v1/system_service.pb.h"
#include "madoguchi/v1/types.pb.h"

// What a clerk reads for coded values. An unknown code is shown as it came.
namespace madoguchi::cli {

std::string Label(v1::ReceptionState state);
std::string Label(v1::Validity validity, const std::string& code);
std::string Label(v1::Sex sex, const std::string& code);
std::string Label(v1::ConsentCategory category);
std::string Label(v1::ConsentFlag flag, const std::string& code);
std::string Label(v1::AssignmentState state);
std::string Label(v1::ConnectionState state);
std::string Label(v1::RecordState state);
std::string Label(v1::IdentityMethod method);
std::string Label(v1::ReaderState state);
std::string Label(v1::CardKind kind);
std::string Label(v1::PersonalFamily value, const std::string& code);
std::string Label(v1::InsuredCardClassification value, const std::string& code);
std::string Label(v1::ReasonOfLoss value, const std::string& code);
std::string Label(v1::LimitCategory value, const std::string& code);

// 2026-04-10, as sent when it is no day, empty when absent.
std::string Show(const v1::Date& date);
// 04-10 09:15:12 in Japan.
std::string Show(const google::protobuf::Timestamp& time);

}  // namespace madoguchi::cli

#endif  // MADOGUCHI_AGENT_CLI_LABELS_H_
