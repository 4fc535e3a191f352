/* SPDX-License-Identifier: BSD-2-Clause */
/* tenurectl: words in, rows out. */
#include "ctl/ctl.h"

int main(int argc, char **argv)
{
	return ctl_main(argc - 1, argv + 1);
}
