/* SPDX-License-Identifier: BSD-2-Clause */
#include "vault/report.h"
#include <stdarg.h>
#include <stdio.h>

void report_find(struct report *report, const struct finding *finding)
{
	report->findings++;
	report->repairable += finding->is_repairable;
	if (report->found)
		report->found(report->context, finding);
}

bool report_fail(struct report *report, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	vsnprintf(report->error, sizeof report->error, format, list);
	va_end(list);
	return false;
}
