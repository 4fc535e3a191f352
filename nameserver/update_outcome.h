/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* What became of an update: constant, the word for it. */
#define UPDATE_OUTCOME_LIST(X)                                                                     \
	X(UPDATE_CHANGED, "changed")                                                               \
	X(UPDATE_REFRESHED, "refreshed")                                                           \
	X(UPDATE_EMPTY, "empty")   /* nothing was to be done */                                    \
	X(UPDATE_FAILED, "failed") /* a prerequisite does not hold */                              \
	X(UPDATE_DENIED, "denied")                                                                 \
	X(UPDATE_RESENT, "resent")   /* answered from the stored answer */                         \
	X(UPDATE_DROPPED, "dropped") /* it may have run already, or could not be remembered: no    \
					answer */                                                  \
	X(UPDATE_BROKEN, "broken")   /* the store failed, or the zone is gone */

#define X(constant, word) constant,
enum update_outcome { UPDATE_OUTCOME_LIST(X) UPDATE_OUTCOMES };
#undef X
