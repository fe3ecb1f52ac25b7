#ifndef MADOGUCHI_TESTS_RECEPTION_INPUTS_H_
#define MADOGUCHI_TESTS_RECEPTION_INPUTS_H_

#include <map>
#include <string>
#include <vector>

#include "agent/reception/machine.h"

// What tests of the state machine try in every state.
namespace madoguchi::reception {

struct NamedInput {
  std::string name;
  Input input;
  // Where it is allowed, and the state it leads to.
  std::map<v1::ReceptionState, v1::ReceptionState> allowed;
};

// Every state there is, UNSPECIFIED among them.
inline std::vector<v1::ReceptionState> AllStates() {
  std::vector<v1::ReceptionState> states;
  for (int number = 0; number < v1::ReceptionState_ARRAYSIZE; ++number) {
    if (v1::ReceptionState_IsValid(number)) {
      states.push_back(static_cast<v1::ReceptionState>(number));
    }
  }
  return states;
}

}  // namespace madoguchi::reception

#endif  // MADOGUCHI_TESTS_RECEPTION_INPUTS_H_
