#ifndef MADOGUCHI_AGENT_CLI_PRESENT_H_
#define MADOGUCHI_AGENT_CLI_PRESENT_H_

#include <ostream>
#include <vector>

#include "agent/cli/table.h"
#include "madoguchi/v1/reception.pb.h"
#include "madoguchi/v1/system_service.pb.h"

// Receptions and the status as a clerk or technician reads them in a terminal. Texts from outside
// are printed with control characters escaped.
namespace madoguchi::cli {

// Aligned rows, one a reception.
void PrintReceptions(const std::vector<v1::Reception>& receptions, std::ostream& out);
// Everything about one, all qualifications.
void PrintReception(const v1::Reception& reception, std::ostream& out);
// An answer without a reception.
void PrintConfirmation(const v1::Confirmation& confirmation, std::ostream& out);
// One line, for a running watch.
void PrintLine(const v1::Reception& reception, std::ostream& out);
void PrintStatus(const v1::SystemStatus& status, std::ostream& out);
// What is wrong and what to do, indented; nothing when nothing is.
void PrintCause(const v1::ErrorDetail& cause, std::ostream& out);
// The readers a status tells of.
v1::ListReadersResponse ReadersIn(const v1::SystemStatus& status);
// Aligned rows, one a reader, and what is wrong with each.
void PrintReaders(const v1::ListReadersResponse& list, std::ostream& out);
// What works of a reader and the card on it.
void PrintReaderTest(const v1::TestReaderResponse& report, std::ostream& out);

}  // namespace madoguchi::cli

#endif  // MADOGUCHI_AGENT_CLI_PRESENT_H_
