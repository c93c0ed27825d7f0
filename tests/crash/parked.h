// SPDX-License-Identifier: MIT
#ifndef VINE_TESTS_PARKED_H
#define VINE_TESTS_PARKED_H

// Goroutines that wait at this moment.
int parked_count(void);

// Never return; count those that came.
void foreign_pause(_Atomic int *here);
void foreign_spin(_Atomic int *here);

#endif
