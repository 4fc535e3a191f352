/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/keyfile.h"
#include "tests/unit/hex.h"

#define ROWS(table) (sizeof(table) / sizeof(table)[0])
#define SECRET      "MDEyMzQ1Njc4OWFiY2RlZg==" /* 0123456789abcdef */
#define REST        " { algorithm hmac-sha256; secret \"" SECRET "\"; };"

#define TSIG_KEYGEN "key \"Kea-DDNS\" {\n\talgorithm hmac-sha256;\n\tsecret \"" SECRET "\";\n};\n"

/* As ddns-confgen 9.18 writes it. */
#define DDNS_CONFGEN                                                                               \
	"# To activate this key, place the following in named.conf, and\n"                         \
	"# in a separate keyfile on the system or systems from which nsupdate\n"                   \
	"# will be run:\n" TSIG_KEYGEN "\n"                                                        \
	"# Then, in the \"zone\" definition statement for \"example.test\",\n"                     \
	"# place an \"update-policy\" statement like this one, adjusted as \n"                     \
	"# needed for your preferred permissions:\n"                                               \
	"update-policy {\n\t  grant ddns-key zonesub ANY;\n};\n\n"                                 \
	"# After the keyfile has been placed, the following command will\n"                        \
	"# execute nsupdate using this key:\nnsupdate -k <keyfile>\n"

static bool parse(const char *text, struct keyring_key *keys, size_t cap, size_t *count,
		  char error[KEYFILE_ERROR_MAX])
{
	/* A copy of exactly the size: AddressSanitizer sees a step behind the end. */
	size_t len = strlen(text);
	char *exact = malloc(len ? len : 1);
	memcpy(exact, text, len);
	bool done = keyfile_parse(exact, len, keys, cap, count, error);
	free(exact);
	return done;
}

static void expect_one(const char *text)
{
	struct keyring_key keys[2];
	char error[KEYFILE_ERROR_MAX] = "", name[DNS_NAME_TEXT_MAX];
	size_t count = 0;
	cr_expect(parse(text, keys, 2, &count, error), "%s\n%s", error, text);
	cr_assert_eq(count, 1, "%s", text);
	cr_expect_str_eq(dns_name_show(&keys[0].name, name), "kea-ddns");
	cr_expect_eq(keys[0].algorithm, HMAC_SHA256);
	cr_expect_not(keys[0].is_disabled);
	cr_expect_eq(keys[0].created, 0);
	cr_expect(bytes_equal(bytes_of(keys[0].secret, keys[0].secret_len),
			      bytes_of("0123456789abcdef", 16)));
}

Test(keyfile, what_binds_tools_write_is_read)
{
	expect_one(TSIG_KEYGEN);
	expect_one(DDNS_CONFGEN);
}

Test(keyfile, white_space_comments_case_and_order_do_not_matter)
{
	static const char *const texts[] = {
		"key kea-ddns" REST,
		"key kea-ddns{algorithm hmac-sha256;secret " SECRET ";};",
		"KEY \"kea-ddns.\" { Secret \"" SECRET "\"; ALGORITHM \"HMAC-SHA256\"; } ;",
		"key/**/kea-ddns/* a { b */{algorithm// x\nhmac-sha256;# y\nsecret " SECRET ";};",
		"\xef\xbb\xbf;key kea-ddns" REST,
		"\r\nkey kea-ddns\r\n{\r\nalgorithm hmac-sha256;\r\nsecret \"MDEyMzQ1Njc4 "
		"OWFiY2RlZg==\";\r\n};\r\n",
		"options { key \"x\" { y; }; listen { any; }; }; key kea-ddns" REST,
		"key kea-ddns" REST " include \"more.conf\";",
	};
	for (size_t i = 0; i < ROWS(texts); i++)
		expect_one(texts[i]);
}

Test(keyfile, several_keys_are_read_up_to_the_room_there_is)
{
	struct keyring_key keys[2];
	char error[KEYFILE_ERROR_MAX];
	size_t count = 0;
	cr_expect(parse("key a" REST "\nkey b" REST, keys, 2, &count, error));
	cr_expect_eq(count, 2);
	cr_expect_not(parse("key a" REST "\nkey b" REST " key c" REST, keys, 2, &count, error));
	cr_expect_str_eq(error, "line 2, column 70: more keys than are taken at once");
	cr_expect_eq(count, 2, "written although refused");
}

Test(keyfile, what_is_wrong_is_said_with_its_place)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{"", "line 1, column 1: there is no key in it"},
		{"# nothing\n", "line 2, column 1: there is no key in it"},
		{"zone x { };\n", "line 2, column 1: there is no key in it"},
		{"key", "line 1, column 4: a key's name is expected"},
		{"key { };", "line 1, column 5: a key's name is expected"},
		{"key \"\"" REST, "line 1, column 5: a key's name is expected"},
		{"key \".\"" REST, "line 1, column 5: the root cannot be a key's name"},
		{"key a;", "line 1, column 6: `{` is expected"},
		{"key a {", "line 1, column 8: `algorithm`, `secret` or `}` is expected"},
		{"key a {\n  algo x;",
		 "line 2, column 3: `algorithm`, `secret` or `}` is expected"},
		{"key a { };", "line 1, column 9: the key has no algorithm"},
		{"key a { algorithm hmac-sha256; };", "line 1, column 32: the key has no secret"},
		{"key a { secret " SECRET "; };", "line 1, column 42: the key has no algorithm"},
		{"key a {\n\talgorithm hmac-sha25;",
		 "line 2, column 12: unknown algorithm: one of hmac-md5, hmac-sha1, hmac-sha224, "
		 "hmac-sha256, hmac-sha384, hmac-sha512 is expected"},
		{"key a { algorithm hmac-sha1; algorithm hmac-sha1;",
		 "line 1, column 40: a second algorithm in one key"},
		{"key a { secret MDEy; secret MDEy;",
		 "line 1, column 29: a second secret in one key"},
		{"key a { secret \"MDE*\"; };", "line 1, column 16: secret is not base64"},
		{"key a { secret MDE; };", "line 1, column 16: secret is not base64"},
		{"key a { secret MDF=; };", "line 1, column 16: secret is not base64"},
		{"key a { secret MD=E; };", "line 1, column 16: secret is not base64"},
		{"key a { secret M===; };", "line 1, column 16: secret is not base64"},
		{"key a { secret MDEy====; };", "line 1, column 16: secret is not base64"},
		{"key a { secret \"\"; };", "line 1, column 16: secret is empty"},
		{"key a { secret ; };", "line 1, column 16: a secret in base64 is expected"},
		{"key a { secret MDEy };", "line 1, column 21: `;` is expected"},
		{"key a { algorithm hmac-sha1; secret MDEy; }",
		 "line 1, column 44: `;` is expected"},
		{"key a { algorithm hmac-sha1; secret \"MDEy\n\"; };",
		 "line 1, column 37: the quote is not closed on its line"},
		{"key a { /* algorithm", "line 1, column 9: the comment is not closed"},
		{"zone { x; ", "line 1, column 11: `}` is expected"},
		{"}; key a" REST, "line 1, column 1: `}` without `{`"},
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct keyring_key keys[2];
		char error[KEYFILE_ERROR_MAX] = "";
		size_t count = 77;
		cr_expect_not(parse(rows[i].text, keys, 2, &count, error), "%s", rows[i].text);
		cr_expect_str_eq(error, rows[i].error, "%s\n%s", rows[i].text, error);
		cr_expect_eq(count, 77);
	}
}

Test(keyfile, a_refused_file_leaves_no_secret_behind)
{
	static const struct keyring_key nothing;
	struct keyring_key keys[2];
	char error[KEYFILE_ERROR_MAX];
	size_t count;
	cr_expect_not(
		parse("key a" REST " key b { secret " SECRET "; nonsense", keys, 2, &count, error));
	cr_expect_eq(memcmp(&keys[0], &nothing, sizeof(nothing)), 0);
	cr_expect_eq(memcmp(&keys[1], &nothing, sizeof(nothing)), 0);
	cr_expect_null(strstr(error, "MDEy"));
}

Test(keyfile, a_secret_too_long_is_refused_and_the_longest_is_taken)
{
	char text[2000];
	struct keyring_key key;
	char error[KEYFILE_ERROR_MAX];
	size_t count;
	/* 512 bytes are 683 digits and a pad; 513 are 684 digits. */
	size_t len = (size_t)sprintf(text, "key a { algorithm hmac-sha512; secret \"");
	memset(text + len, 'A', 684);
	strcpy(text + len + 684, "\"; };");
	cr_expect_not(parse(text, &key, 1, &count, error));
	cr_expect_str_eq(error, "line 1, column 39: secret is longer than 512 bytes");
	text[len + 683] = '=';
	cr_expect(parse(text, &key, 1, &count, error));
	cr_expect_eq(key.secret_len, 512);
}

Test(keyfile, what_is_printed_is_what_binds_tools_print)
{
	struct keyring_key key;
	char error[KEYFILE_ERROR_MAX], text[KEYFILE_TEXT_MAX];
	size_t count;
	cr_assert(parse(TSIG_KEYGEN, &key, 1, &count, error));
	size_t len = keyfile_print(&key, text);
	cr_expect_str_eq(text, "key \"kea-ddns\" {\n\talgorithm hmac-sha256;\n\tsecret \"" SECRET
			       "\";\n};\n");
	cr_expect_eq(len, strlen(text));
}

Test(keyfile, every_key_comes_back_from_its_text)
{
	for (size_t secret_len = 1; secret_len <= KEYRING_SECRET_MAX; secret_len++) {
		struct keyring_key key = {.algorithm = (enum hmac_algorithm)(1 + secret_len % 6),
					  .secret_len = (uint16_t)secret_len},
				   again;
		char error[KEYFILE_ERROR_MAX], text[KEYFILE_TEXT_MAX];
		size_t count;
		cr_assert_null(dns_name_parse_text(&key.name, "a\\\"\\\\\\;b\\032.\\{c\\}\\255"));
		for (size_t i = 0; i < secret_len; i++)
			key.secret[i] = (uint8_t)(i * 7 + secret_len);
		keyfile_print(&key, text);
		cr_assert(parse(text, &again, 1, &count, error), "%s\n%s", error, text);
		cr_expect(dns_name_equal(&key.name, &again.name), "%s", text);
		cr_expect_eq(key.algorithm, again.algorithm);
		cr_expect(bytes_equal(bytes_of(key.secret, key.secret_len),
				      bytes_of(again.secret, again.secret_len)));
	}
}
