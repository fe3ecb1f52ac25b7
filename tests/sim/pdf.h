#ifndef MADOGUCHI_TESTS_SIM_PDF_H_
#define MADOGUCHI_TESTS_SIM_PDF_H_

#include <string>
#include <vector>

namespace madoguchi::sim {

// A PDF (1.4) of A4 pages with one line of text per element of `lines` (UTF-8), of about 1 MB as a
// form is that was scanned. The font is one every viewer for Japanese replaces by its own.
std::string MakePdf(const std::vector<std::string>& lines);

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_PDF_H_
