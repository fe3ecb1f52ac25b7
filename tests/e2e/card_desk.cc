// The reader room of agent/reader on the real PC/SC library, for end-to-end tests: a command a line
// on standard input, its words separated by tabs, the first a word that the answer bears; an object
// a line on standard output. What happens by itself is an object with `event`.
//
//   TAG state
//   TAG open READER HOLDER [label]
//   TAG pin READER HOLDER PIN [spend-last]
//   TAG key
//   TAG sealed READER HOLDER KEY HEXADECIMAL-DIGITS
//   TAG pad READER HOLDER
//   TAG close READER HOLDER
//   TAG stop MILLISECONDS          ends the program
//
//   card_desk EXCHANGE-WITHIN-MILLISECONDS ROOT.der...
#include <cstdio>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "agent/base/bounded_file.h"
#include "agent/base/clock.h"
#include "agent/base/error.h"
#include "agent/crypto/sealing_keys.h"
#include "agent/reader/room.h"

namespace madoguchi::reader {
namespace {

constexpr size_t kMostRoot = 8192;
constexpr char kCounter[] = "front";

using Field = std::pair<absl::string_view, std::string>;

std::string Text(absl::string_view text) { return absl::StrCat("\"", text, "\""); }
std::string Bool(bool value) { return value ? "true" : "false"; }
std::string Number(const absl::Status& status) {
  return Text(status.ok() ? "OK" : base::DetailOf(status)->number());
}
std::string Object(const std::vector<Field>& fields) {
  return absl::StrCat("{",
                      absl::StrJoin(fields, ",",
                                    [](std::string* out, const Field& field) {
                                      absl::StrAppend(out, "\"", field.first, "\":", field.second);
                                    }),
                      "}");
}

const char* StateName(ReaderFacts::State state) {
  switch (state) {
    case ReaderFacts::State::kEmpty:
      return "empty";
    case ReaderFacts::State::kCard:
      return "card";
    case ReaderFacts::State::kBusy:
      return "busy";
    case ReaderFacts::State::kTrouble:
      break;
  }
  return "trouble";
}

class Desk {
 public:
  Desk(absl::Duration exchange_within, std::vector<std::string> roots)
      : keys_(clock_),
        room_(
            {.rules = {{.match = "*", .counter = kCounter}},
             .trust = {.roots = std::move(roots), .allow_test_hierarchy = true},
             .exchange_within = exchange_within,
             .retry = absl::Milliseconds(100)},
            clock_, [this] { SayState("event", "state"); },
            [this](const std::string& holder, const absl::Status& why) {
              Say({{"event", Text("lost")}, {"holder", Text(holder)}, {"error", Number(why)}});
            }) {}

  // Until it is told to stop, or nobody is left to tell.
  int Run() {
    room_.Start();
    std::string line;
    while (std::getline(std::cin, line)) {
      const std::vector<std::string> words = absl::StrSplit(line, '\t');
      if (words.size() > 1 && words[1] == "stop") {
        int milliseconds = 0;
        if (words.size() != 3 || !absl::SimpleAtoi(words[2], &milliseconds)) return 2;
        const bool clean = room_.Stop(absl::Milliseconds(milliseconds));
        Say({{"tag", Text(words[0])}, {"clean", Bool(clean)}});
        return 0;
      }
      if (!Do(words)) return 2;
    }
    return 0;
  }

 private:
  // False for what is no command.
  bool Do(const std::vector<std::string>& words) {
    if (words.size() < 2) return false;
    const std::string& tag = words[0];
    const std::string& command = words[1];
    if (command == "state") {
      SayState("tag", tag);
    } else if (command == "key") {
      SayKey(tag);
    } else {
      return words.size() >= 4 && DoWithCard(command, words);
    }
    return true;
  }

  bool DoWithCard(const std::string& command, const std::vector<std::string>& words) {
    const std::string& tag = words[0];
    if (command == "open") {
      room_.Open(words[2], words[3],
                 [this, tag](const absl::StatusOr<CardFacts>& facts) { SayFacts(tag, facts); },
                 {.label = words.back() == "label"});
    } else if (command == "pin" && words.size() >= 5) {
      Authenticate(words, Pin::Read(words[4]));
    } else if (command == "sealed" && words.size() >= 6) {
      Authenticate(words, Pin::Unseal(keys_, words[4], absl::HexStringToBytes(words[5])));
    } else if (command == "pad") {
      room_.AuthenticateOnPad(words[2], words[3], false, Challenge(), Answer(tag));
    } else if (command == "close") {
      room_.Close(words[2], words[3], [this, tag] { Say({{"tag", Text(tag)}}); });
    } else {
      return false;
    }
    return true;
  }

  void Authenticate(const std::vector<std::string>& words, absl::StatusOr<Pin> pin) {
    if (!pin.ok()) {
      Say({{"tag", Text(words[0])}, {"error", Number(pin.status())}});
      return;
    }
    room_.Authenticate(words[2], words[3], *std::move(pin), words.back() == "spend-last",
                       Challenge(), Answer(words[0]));
  }

  LoginChallenge Challenge() const {
    return {.institution = "9910000017", .center = "sim", .nonce = "nonce", .time = clock_.Now()};
  }

  ReaderRoom::AuthenticateDone Answer(const std::string& tag) {
    return [this, tag](const AuthenticateResult& result) {
      std::vector<Field> fields = {{"tag", Text(tag)},
                                   {"error", Number(result.proof.status())},
                                   {"left", absl::StrCat(result.attempts_left)},
                                   {"open", Bool(result.open)}};
      if (result.proof.ok()) {
        fields.emplace_back("certificate", Text(absl::BytesToHexString(result.proof->certificate)));
        fields.emplace_back("exchanges", absl::StrCat(result.proof->exchanges));
        fields.emplace_back("ms", absl::StrCat(absl::ToDoubleMilliseconds(result.proof->took)));
      }
      Say(fields);
    };
  }

  void SayFacts(const std::string& tag, const absl::StatusOr<CardFacts>& facts) {
    std::vector<Field> fields = {{"tag", Text(tag)}, {"error", Number(facts.status())}};
    if (facts.ok()) {
      fields.emplace_back("certificate", Text(absl::BytesToHexString(facts->certificate)));
      fields.emplace_back("check", Number(facts->check));
      fields.emplace_back("left", absl::StrCat(facts->attempts_left));
      fields.emplace_back("pad", Bool(facts->pin_pad));
      fields.emplace_back("extended", Bool(facts->extended_length));
      fields.emplace_back("short_ids", Bool(facts->short_ids));
      fields.emplace_back("label", Bool(facts->kind.has_value()));
      fields.emplace_back("exchanges", absl::StrCat(facts->exchanges));
      fields.emplace_back("ms", absl::StrCat(absl::ToDoubleMilliseconds(facts->took)));
    }
    Say(fields);
  }

  void SayKey(const std::string& tag) {
    const absl::StatusOr<crypto::SealingKeys::Taken> key = keys_.Take();
    std::vector<Field> fields = {{"tag", Text(tag)}, {"error", Number(key.status())}};
    if (key.ok()) {
      fields.emplace_back("id", Text(key->id));
      fields.emplace_back("public", Text(absl::BytesToHexString(key->public_key)));
    }
    Say(fields);
  }

  void SayState(absl::string_view kind, const std::string& name) {
    const RoomState state = room_.State();
    std::vector<std::string> readers;
    for (const RoomReader& reader : state.readers) {
      readers.push_back(Object({{"name", Text(reader.facts.name)},
                                {"state", Text(StateName(reader.facts.state))},
                                {"card", absl::StrCat(reader.facts.card)},
                                {"stuck", Bool(reader.stuck)},
                                {"holder", Text(reader.holder)}}));
    }
    Say({{kind, Text(name)},
         {"service", Number(state.service)},
         {"readers", absl::StrCat("[", absl::StrJoin(readers, ","), "]")}});
  }

  void Say(const std::vector<Field>& fields) {
    absl::MutexLock lock(&mu_);
    std::cout << Object(fields) << std::endl;
  }

  base::SystemClock clock_;
  absl::Mutex mu_;
  crypto::SealingKeys keys_;
  // Last: it calls what is above.
  ReaderRoom room_;
};

int Main(int count, char** words) {
  int milliseconds = 0;
  if (count < 3 || !absl::SimpleAtoi(words[1], &milliseconds)) {
    std::fputs("usage: card_desk EXCHANGE-WITHIN-MILLISECONDS ROOT.der...\n", stderr);
    return 2;
  }
  std::vector<std::string> roots;
  for (int i = 2; i < count; ++i) {
    base::FileContents file = base::ReadBoundedFile(words[i], kMostRoot);
    if (file.fault != base::FileFault::kNone) {
      std::fprintf(stderr, "%s cannot be read\n", words[i]);
      return 2;
    }
    roots.push_back(std::move(file.bytes));
  }
  return Desk(absl::Milliseconds(milliseconds), std::move(roots)).Run();
}

}  // namespace
}  // namespace madoguchi::reader

int main(int count, char** words) { return madoguchi::reader::Main(count, words); }
