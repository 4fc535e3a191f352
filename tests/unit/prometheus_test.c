/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/prometheus.h"
#include <criterion/criterion.h>
#include <stdlib.h>

/* The text of rows, which are a JSON array. */
static void prometheus_expect(const char *rows, const char *wanted)
{
	char *text = NULL;
	size_t len = 0, i;
	struct prometheus prometheus = {.out = open_memstream(&text, &len)};
	json_t *all = json_loads(rows, 0, NULL), *row;
	cr_assert(all);
	json_array_foreach(all, i, row) prometheus_row(&prometheus, row);
	fclose(prometheus.out);
	cr_expect_str_eq(text, wanted);
	json_decref(all);
	free(text);
}

Test(prometheus, a_counter_and_a_gauge_have_their_names)
{
	prometheus_expect(
		"[{\"name\":\"udp-queries\",\"kind\":\"counter\",\"value\":3,\"help\":\"h\"},"
		"{\"name\":\"writer-longest-us\",\"kind\":\"gauge\",\"value\":2500,"
		"\"help\":\"h\"}]",
		"# HELP tenure_udp_queries_total h\n"
		"# TYPE tenure_udp_queries_total counter\n"
		"tenure_udp_queries_total 3\n"
		"# HELP tenure_writer_longest_seconds h\n"
		"# TYPE tenure_writer_longest_seconds gauge\n"
		"tenure_writer_longest_seconds 0.0025000000000000001\n");
}

Test(prometheus, answers_are_one_family)
{
	prometheus_expect(
		"[{\"name\":\"noerror\",\"kind\":\"counter\",\"value\":3,\"help\":\"h\"},"
		"{\"name\":\"nxdomain\",\"kind\":\"counter\",\"value\":1,\"help\":\"i\"}]",
		"# HELP tenure_answers_total answers by their code\n"
		"# TYPE tenure_answers_total counter\n"
		"tenure_answers_total{rcode=\"NOERROR\"} 3\n"
		"tenure_answers_total{rcode=\"NXDOMAIN\"} 1\n");
}

Test(prometheus, no_byte_of_a_label_ends_it_or_its_line)
{
	prometheus_expect("[{\"name\":\"x\",\"kind\":\"gauge\",\"value\":1,\"help\":\"a\\\\\\nb\","
			  "\"labels\":{\"p\":\"q\\\"} 9\\nevil 1\\\\\"}}]",
			  "# HELP tenure_x a\\\\\\nb\n"
			  "# TYPE tenure_x gauge\n"
			  "tenure_x{p=\"q\\\"} 9\\nevil 1\\\\\"} 1\n");
}

Test(prometheus, a_histogram_has_its_buckets_its_sum_and_its_count)
{
	prometheus_expect("[{\"name\":\"query-seconds\",\"kind\":\"histogram\",\"help\":\"h\","
			  "\"buckets\":[{\"le\":0.001,\"count\":1},{\"le\":1,\"count\":2}],"
			  "\"count\":3,\"sum\":4.5}]",
			  "# HELP tenure_query_seconds h\n"
			  "# TYPE tenure_query_seconds histogram\n"
			  "tenure_query_seconds_bucket{le=\"0.001\"} 1\n"
			  "tenure_query_seconds_bucket{le=\"1\"} 2\n"
			  "tenure_query_seconds_bucket{le=\"+Inf\"} 3\n"
			  "tenure_query_seconds_sum 4.5\n"
			  "tenure_query_seconds_count 3\n");
}

Test(prometheus, a_row_of_another_form_is_left_out)
{
	prometheus_expect("[{\"name\":\"x\",\"value\":1},{}]", "");
}
