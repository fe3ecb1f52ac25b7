#ifndef MADOGUCHI_AGENT_RECEPTION_NEXT_STEP_H_
#define MADOGUCHI_AGENT_RECEPTION_NEXT_STEP_H_

#include "madoguchi/v1/reception.pb.h"

namespace madoguchi::reception {

// What should happen next with a reception as it stands: the calls that are allowed, who acts, and
// a sentence for the counter. Pure.
v1::NextStep MakeNextStep(const v1::Reception& reception);

}  // namespace madoguchi::reception

#endif  // MADOGUCHI_AGENT_RECEPTION_NEXT_STEP_H_
