// Labels that a sample fell under, as chains from the innermost scope outwards.
#pragma once

#include <cstdint>

struct seep_label;

namespace seep::profiler {

// 0 for no label; recording::kLabelOther (counted) once the table is full. Reads the strings of the
// live scopes, so it must run in the thread that pushed them.
uint32_t InternLabels(const seep_label* innermost);

// Once, at start-up, before any label: row 1 is "other".
void ReserveLabelRows();

void MirrorAllLabels();

}  // namespace seep::profiler
