/* SPDX-License-Identifier: BSD-2-Clause */
/* tenurectl: words in, rows out. */
#include "ctl/ctl.h"
#include <locale.h>

int main(int argc, char **argv)
{
	/* How wide a character is on a terminal, and whether that shows it. */
	setlocale(LC_CTYPE, "");
	return ctl_main(argc - 1, argv + 1);
}
