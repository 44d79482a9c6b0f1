//! What people read when their scenario file is wrong.

use scenario::parse;

const EVERY_PART: &str = include_str!("every-part.toml");

/// What is shown about `text`.
fn shown(text: &str) -> String {
    let mistakes = parse("world.toml", text).err().unwrap_or_default();
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Asserts what is shown once the one place where each text stands is replaced.
#[track_caller]
fn shows(edits: &[(&str, &str)], expected: &str) {
    let text = edits.iter().fold(EVERY_PART.to_owned(), |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "`{from}` stands once");
        text.replace(from, to)
    });
    let shown = shown(&text);
    assert_eq!(shown, expected.trim_start_matches('\n').trim_end(), "\n{shown}\n");
}

#[test]
fn every_part_is_accepted() {
    assert_eq!(shown(EVERY_PART), "");
}

#[test]
fn empty_file_lacks_every_required_key() {
    assert_eq!(
        shown(""),
        "world.toml:1:1: missing keys `format`, `name`, `seed`, `starts`, `ends`, `region`, `endpoint`, `product`, `policy`
  |
1 | \n  | ^ expected them in this table"
    );
}

#[test]
fn misspelt_key_names_the_nearest() {
    shows(
        &[("lost-permille = 5", "lost-permile = 5")],
        r#"
world.toml:144:1: unknown key `lost-permile`
    |
144 | lost-permile = 5
    | ^^^^^^^^^^^^ expected one of `latency-mean`, `lost-permille`, `duplicated-permille`
    = help: did you mean `lost-permille`?
"#,
    );
    shows(
        &[("[[claim]]\nid = \"local\"", "[[claims]]\nid = \"local\"")],
        r#"
world.toml:93:3: unknown key `claims`
   |
93 | [[claims]]
   |   ^^^^^^ expected one of `format`, `name`, `title`, `seed`, `starts`, `ends`, `region`, `endpoint`, `product`, `policy`, `claim`, `query` and 14 more
   = help: did you mean `claim`?
"#,
    );
    shows(
        &[("counted-from = \"last-use\"", "counted = \"last-use\"")],
        r#"
world.toml:54:25: unknown key `counted`
   |
54 | lifetime = { days = 90, counted = "last-use" }
   |                         ^^^^^^^ expected `counted-from`
   = help: did you mean `counted-from`?
"#,
    );
}

#[test]
fn wrong_name_lists_the_valid_ones() {
    shows(
        &[("verdict = \"kept\"", "verdict = \"keept\"")],
        r#"
world.toml:177:11: unknown name `keept`
    |
177 | verdict = "keept"
    |           ^^^^^^^ expected one of `kept`, `broken`, `unproven`
    = help: did you mean `kept`?
"#,
    );
    shows(
        &[("{ aggregated-anonymous =", "{ aggregated =")],
        r#"
world.toml:91:13: unknown key `aggregated`
   |
91 | promise = { aggregated = { smallest-group = 50 } }
   |             ^^^^^^^^^^ expected one of `aggregated-anonymous`, `urls-only-of`, `retained`, `unlinkable`, `region-local`, `lawful`
   = help: did you mean `aggregated-anonymous`?
"#,
    );
}

#[test]
fn shape_that_needs_a_table_is_not_confused_with_one_that_stands_alone() {
    shows(
        &[("\"close-session\"", "\"visit\"")],
        r#"
world.toml:139:54: `visit` needs more than its name
    |
139 |     { at = "2020-05-01T00:02:00Z", session = 1, do = "visit" },
    |                                                      ^^^^^^^ expected a table { visit = { … } }
"#,
    );
    shows(
        &[("\"close-session\"", "{ close-session = {} }")],
        r#"
world.toml:139:54: `close-session` stands alone
    |
139 |     { at = "2020-05-01T00:02:00Z", session = 1, do = { close-session = {} } },
    |                                                      ^^^^^^^^^^^^^^^^^^^^^^ expected the text "close-session" in place of the table
"#,
    );
}

#[test]
fn missing_key_says_what_it_is_for() {
    shows(
        &[("policy = \"before\"\n", "")],
        r#"
world.toml:34:1: missing key `policy`
   |
34 | [[product.version]]
   | ^^^^^^^^^^^^^^^^^^^ expected `policy` (Name of the policy that it follows)
"#,
    );
}

#[test]
fn bad_times_and_spans_are_all_shown() {
    shows(
        &[("ends = \"2020-05-08T00:00:00Z\"", "ends = \"8 May 2020\""), ("\"15s\"", "\"15 sec\"")],
        r#"
world.toml:8:8: `8 May 2020` is no time
  |
8 | ends = "8 May 2020"
  |        ^^^^^^^^^^^^ expected RFC 3339 with an offset, such as 2020-05-01T10:00:00Z
world.toml:67:18: `15 sec` is no span of time
   |
67 | send = { every = "15 sec", count = 100, on = ["reconnect"] }
   |                  ^^^^^^^^ expected a number and a unit (ms, s, m, h, d), such as 15s or 90d
"#,
    );
}

#[test]
fn unknown_policy_names_the_nearest() {
    shows(
        &[("policy = \"before\"", "policy = \"befor\"")],
        r#"
world.toml:37:10: unknown policy `befor`
   |
37 | policy = "befor"
   |          ^^^^^^^ expected one of `after`, `before`
   = help: did you mean `before`?
"#,
    );
}

#[test]
fn name_defined_twice_is_refused() {
    shows(
        &[(
            "id = \"visits\"\n",
            "id = \"visits\"\ngroup-by = []\nmechanism = \"exact\"\n\n[[query]]\nid = \"visits\"\n",
        )],
        r#"
world.toml:110:6: the query `visits` is defined twice
    |
110 | id = "visits"
    |      ^^^^^^^^ expected another name
"#,
    );
}

#[test]
fn host_without_endpoint_names_the_nearest() {
    shows(
        &[("{ host = \"data.sg.example\",", "{ host = \"data.sq.example\",")],
        r#"
world.toml:62:14: no endpoint serves the host `data.sq.example`
   |
62 |     { host = "data.sq.example", fail-over = { host = "data.ru.example", after = 3 } },
   |              ^^^^^^^^^^^^^^^^^ expected one of `data.sg.example`, `data.ru.example`
   = help: did you mean `data.sg.example`?
"#,
    );
}

#[test]
fn contradicting_expectations_are_refused() {
    shows(
        &[("versions = [\"3.4.3\"]\nswitch = [\"suppress\"]\n", "")],
        r#"
world.toml:175:11: this contradicts an expectation above about incognito of mint 3.4.0 (absent)
    |
175 | verdict = "kept"
    |           ^^^^^^ expected `broken`, as that one says
    = help: one that restricts more of claims, products, versions and switch is an exception to one that restricts less
"#,
    );
}

#[test]
fn expectations_that_name_different_checks_are_refused() {
    let other = "verdict = \"broken\"\ncheck = \"linkage\"";
    shows(
        &[("versions = [\"3.4.3\"]\nswitch = [\"suppress\"]\nverdict = \"kept\"", other)],
        r#"
world.toml:176:9: this contradicts an expectation above about incognito of mint 3.4.0 (absent)
    |
176 | check = "linkage"
    |         ^^^^^^^^^ expected `canary`, as that one says
    = help: one that restricts more of claims, products, versions and switch is an exception to one that restricts less
"#,
    );
}

#[test]
fn check_that_finds_something_in_what_is_kept_is_refused() {
    shows(
        &[("verdict = \"kept\"", "verdict = \"kept\"\ncheck = \"canary\"")],
        r#"
world.toml:178:1: what is kept is kept because no check found anything
    |
178 | check = "canary"
    | ^^^^^ expected no check, or another verdict
"#,
    );
}

#[test]
fn expectation_about_nothing_is_refused() {
    shows(
        &[("switch = [\"suppress\"]", "switch = [\"absent\"]")],
        r#"
world.toml:173:1: the expectation is about no claim and subject of this file
    |
173 | [[expect]]
    | ^^^^^^^^^^ expected a state that the switch has there: `collect` or `suppress`
"#,
    );
}

#[test]
fn syntax_mistakes_have_the_same_form() {
    shows(
        &[("name = \"every-part\"", "name = every part"), ("seed = 18446744073709551615", "seed 7")],
        r#"
world.toml:4:8: string values must be quoted
  |
4 | name = every part
  |        ^^^^^^^^^^ expected literal string
world.toml:6:6: key with no value
  |
6 | seed 7
  |      ^ expected `=`
"#,
    );
}

#[test]
fn wrong_type_says_what_belongs_there() {
    shows(
        &[("epsilon = 8", "epsilon = 0.5")],
        r#"
world.toml:115:11: a decimal number where text or a whole number belongs
    |
115 | epsilon = 0.5
    |           ^^^ expected text or a whole number such as "1"
    = help: write it in quotes: "0.5"
"#,
    );
    shows(
        &[("survives = [\"update\"]", "survives = \"update\"")],
        r#"
world.toml:56:12: text where a list belongs
   |
56 | survives = "update"
   |            ^^^^^^^^ expected a list
"#,
    );
    shows(
        &[("title = \"Every part of a scenario\"", "title = 2020-05-01")],
        r#"
world.toml:5:9: a date or time where text belongs
  |
5 | title = 2020-05-01
  |         ^^^^^^^^^^ expected text
"#,
    );
}

#[test]
fn number_out_of_range_names_the_range() {
    shows(
        &[("long-days = 91", "long-days = 9000")],
        r#"
world.toml:135:13: the number 9000 is out of range
    |
135 | long-days = 9000
    |             ^^^^ expected 0 to 1000
"#,
    );
}

#[test]
fn mistakes_of_shape_and_of_names_are_shown_together() {
    shows(
        &[("declared = true", "declarde = true"), ("region = \"ru\"\nregistered", "region = \"rus\"\nregistered")],
        r#"
world.toml:22:1: unknown key `declarde`
   |
22 | declarde = true
   | ^^^^^^^^ expected `declared`
   = help: did you mean `declared`?
world.toml:27:10: unknown region `rus`
   |
27 | region = "rus"
   |          ^^^^^ expected one of `ru`, `sg`
   = help: did you mean `ru`?
"#,
    );
}

#[test]
fn mistakes_of_values_and_of_the_whole_are_shown_together() {
    shows(
        &[("long-days = ", "long-dasy = "), ("until = \"2020-05-02T12:00:00Z\"", "until = \"2020-05-01T12:00:00Z\"")],
        r#"
world.toml:135:1: unknown key `long-dasy`
    |
135 | long-dasy = 91
    | ^^^^^^^^^ expected one of `long-days`, `skip`, `samples`
    = help: did you mean `long-days`?
world.toml:156:9: the fault ends before it begins
    |
156 | until = "2020-05-01T12:00:00Z"
    |         ^^^^^^^^^^^^^^^^^^^^^^ expected a time after 2020-05-02T00:00:00Z
"#,
    );
}

#[test]
fn every_pipeline_with_a_wrong_body_is_shown() {
    shows(
        &[
            ("body = [\"json\", \"gzip\", \"base64\",", "body = [\"gzip\","),
            ("[policy.after]\n", "[policy.after]\npipeline = [{ name = \"n\", route = [], body = [] }]\n"),
        ],
        r#"
world.toml:65:8: a body chain starts with gzip, which takes bytes
   |
65 | body = ["gzip", { form = { field = "data_list", with = { gzip = "1" }, crc = "crc" } }]
   |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ expected one of json, json-lines, form-fields, protobuf, native first
world.toml:77:46: a body chain has no step
   |
77 | pipeline = [{ name = "n", route = [], body = [] }]
   |                                              ^^ expected one of json, json-lines, form-fields, protobuf, native first
"#,
    );
}

#[test]
fn policy_and_query_are_judged_by_their_own_crates() {
    shows(
        &[("default = \"off\"", "default = \"of\""), ("group-by = [\"event\"]", "group-by = [\"event\", \"event\"]")],
        r#"
world.toml:77:52: there is no position `of`
   |
77 | switch = { label = "Enhanced Incognito", default = "of", positions = [
   |                                                    ^^^^
   = help: did you mean `off`?
world.toml:107:12: `event` stands twice
    |
107 | group-by = ["event", "event"]
    |            ^^^^^^^^^^^^^^^^^^ expected each field once
"#,
    );
}

#[test]
fn times_that_contradict_each_other_are_refused() {
    shows(
        &[
            ("2020-05-05T00:00:00Z\", percent", "2020-05-03T00:00:00Z\", percent"),
            ("until = \"2020-05-02T12", "until = \"2020-05-01T12"),
            ("at = \"2020-05-01T00:02:00Z\"", "at = \"2020-05-01T00:00:30Z\""),
        ],
        r#"
world.toml:46:12: a stage outside the time of the world or before the release
   |
46 |     { at = "2020-05-03T00:00:00Z", percent = 100 },
   |            ^^^^^^^^^^^^^^^^^^^^^^ expected 2020-05-04T00:00:00Z to 2020-05-08T00:00:00Z
world.toml:46:12: stages are out of order
   |
46 |     { at = "2020-05-03T00:00:00Z", percent = 100 },
   |            ^^^^^^^^^^^^^^^^^^^^^^ expected a time after 2020-05-04T00:00:00Z
world.toml:139:12: the diary is out of order
    |
139 |     { at = "2020-05-01T00:00:30Z", session = 1, do = "close-session" },
    |            ^^^^^^^^^^^^^^^^^^^^^^ expected 2020-05-01T00:01:00Z or later
world.toml:156:9: the fault ends before it begins
    |
156 | until = "2020-05-01T12:00:00Z"
    |         ^^^^^^^^^^^^^^^^^^^^^^ expected a time after 2020-05-02T00:00:00Z
"#,
    );
}

#[test]
fn crowd_without_people_products_or_time_is_refused() {
    shows(
        &[
            ("weight = 3", "weight = 0"),
            ("weight = 1 }]", "weight = 0 }]"),
            ("mint = 1", "mint = 0"),
            ("search-percent = 25", "search-percent = 99"),
        ],
        r#"
world.toml:123:12: nobody uses any product
    |
123 | products = { mint = 0 }
    |            ^^^^^^^^^^^^ expected a product with a weight above zero
world.toml:124:11: nobody lives anywhere
    |
124 | country = [{ country = "IN", locale = "en-IN", weight = 0 }, { country = "RU", locale = "ru-RU", weight = 0 }]
    |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ expected a country with a weight above zero
world.toml:125:1: searches, downloads and screens are 112 percent of activities
    |
125 | habits = { search-percent = 99 }
    | ^^^^^^ expected at most 100: what they leave are visits
"#,
    );
}

#[test]
fn crowd_needs_a_version_to_start_with() {
    shows(
        &[("released = \"2020-03-01T00:00:00Z\"", "released = \"2020-05-01T00:00:01Z\"")],
        r#"
world.toml:34:1: the crowd has no version of mint to start with
   |
34 | [[product.version]]
   | ^^^^^^^^^^^^^^^^^^^ expected one released by 2020-05-01T00:00:00Z that needs no roll-out
"#,
    );
}

#[test]
fn claims_need_a_laboratory() {
    shows(
        &[(
            "[[lab]]\nid = \"lab-1\"\nmodel = \"Redmi Note 8\"\ncountry = \"IN\"\nlocale = \"en-IN\"\nproducts = [\"mint\"]\n",
            "",
        )],
        r#"
world.toml:82:1: claims without a laboratory
   |
82 | [[claim]]
   | ^^^^^^^^^ expected a [[lab]] device, on which the examiner can look into it
"#,
    );
}

#[test]
fn operations_and_orders_that_never_end_are_refused() {
    shows(
        &[
            ("erasure-misses-regions = [\"ru\"]", "erasure-misses-regions = [\"uk\"]"),
            ("every = \"1d\"", "every = \"1s\""),
            ("within = \"30d\"", "within = \"2000d\""),
        ],
        r#"
world.toml:197:27: unknown region `uk`
    |
197 | erasure-misses-regions = ["uk"]
    |                           ^^^^ expected one of `ru`, `sg`
world.toml:204:9: data is read every 1s
    |
204 | every = "1s"
    |         ^^^^ expected 1m or more
world.toml:209:10: the order gives 2000d
    |
209 | within = "2000d"
    |          ^^^^^^^ expected at most 1000d
"#,
    );
}

#[test]
fn expectations_of_releases_are_about_a_query_and_can_be_met() {
    shows(
        &[("query = \"visits\"\ncovered-min = \"9/10\"", "query = \"visit\"\ncovered-min = \"10/9\"")],
        r#"
world.toml:218:9: unknown query `visit`
    |
218 | query = "visit"
    |         ^^^^^^^ expected `visits`
    = help: did you mean `visits`?
world.toml:219:15: more than all cells
    |
219 | covered-min = "10/9"
    |               ^^^^^^ expected a share of at most 1, such as "19/20"
"#,
    );
}

#[test]
fn a_control_exists_and_asks_the_same() {
    shows(
        &[("control = \"visits\"", "control = \"visit\"")],
        r#"
world.toml:222:11: unknown query `visit`
    |
222 | control = "visit"
    |           ^^^^^^^ expected `visits`
    = help: did you mean `visits`?
"#,
    );
    let other = "[[query]]\nid = \"others\"\ngroup-by = [\"event\"]\nmechanism = \"exact\"\n\n[budget]";
    shows(
        &[("[budget]", other), ("control = \"visits\"", "control = \"others\"")],
        r#"
world.toml:227:11: the control has another measure than `visits`
    |
227 | control = "others"
    |           ^^^^^^^^ expected a query that asks the same
"#,
    );
}

#[test]
fn a_budget_is_of_epsilon_or_of_rho() {
    shows(
        &[("epsilon = 8", "epsilon = 8\nrho = 1")],
        r#"
world.toml:114:1: the budget is of both epsilon and rho, or of neither
    |
114 | [budget]
    | ^^^^^^^^ expected one of them
"#,
    );
}

#[test]
fn other_format_is_all_that_is_said() {
    shows(
        &[("format = 1", "format = 2"), ("declared = true", "declarde = true")],
        r#"
world.toml:3:10: unknown format 2
  |
3 | format = 2
  |          ^ expected 1, the only one so far
"#,
    );
}

#[test]
fn faults_of_no_time_and_between_nobody_are_refused() {
    shows(
        &[
            ("at = \"2020-05-03T00:00:00Z\"\nkind = { outage", "at = \"2021-05-03T00:00:00Z\"\nkind = { outage"),
            ("to = { region = \"ru\" }", "to = \"devices\""),
        ],
        r#"
world.toml:155:6: nothing goes from devices in RU to all devices
    |
155 | to = "devices"
    |      ^^^^^^^^^ expected `{ region = "…" }`: devices send to regions alone
world.toml:159:6: a fault outside the time of the world
    |
159 | at = "2021-05-03T00:00:00Z"
    |      ^^^^^^^^^^^^^^^^^^^^^^ expected 2020-05-01T00:00:00Z to 2020-05-11T00:00:00Z, when the last window is closed
world.toml:160:44: the fault ends before it begins
    |
160 | kind = { outage = { region = "sg", until = "2020-05-03T12:00:00Z" } }
    |                                            ^^^^^^^^^^^^^^^^^^^^^^ expected a time after 2021-05-03T00:00:00Z
"#,
    );
}

#[test]
fn faults_between_servers_that_say_nothing_to_one_another_are_refused() {
    let between = |from: &str, to: &str, place: &str, found: &str, expected: &str| {
        let lines = format!(
            "\nworld.toml:254:{place}: nothing goes from {found}\n    |\n254 | kind = {{ partition = {{ from = {from}, to = {to}, \
             loses = \"answers\", until = \"2020-05-08T02:00:00Z\" }} }}\n    | "
        );
        let text =
            EVERY_PART.replace("from = { region = \"sg\" }, to = \"aggregator\"", &format!("from = {from}, to = {to}"));
        let shown = format!("\n{}", shown(&text));
        assert!(shown.starts_with(&lines), "{lines}\n{shown}");
        assert!(shown.ends_with(&format!("^ {expected}")), "{shown}");
    };
    let regions_alone = "expected `from = { region = \"…\" }`: regions alone hand on to the aggregator";
    between("\"devices\"", "\"aggregator\"", "47", "all devices to the aggregator", regions_alone);
    let asks_nobody = "expected `{ region = \"…\" }` or devices: the aggregator asks nobody";
    between("\"aggregator\"", "{ region = \"sg\" }", "31", "the aggregator to region sg", asks_nobody);
    let no_shares = "expected `\"aggregator\"`, or the region that helps with a query over shares that `from` leads";
    between("{ region = \"sg\" }", "{ region = \"ru\" }", "55", "region sg to region ru", no_shares);
    between(
        "{ region = \"sg\" }",
        "\"devices\"",
        "31",
        "region sg to all devices",
        "expected `\"devices\"` or `{ country = \"…\" }`",
    );
}

#[test]
fn the_way_from_who_leads_to_who_helps_has_one_direction() {
    let text = include_str!("../../../sims/mechanisms/prio3.toml");
    let parted = |from: &str, to: &str| {
        let way = format!("from = {{ region = \"{from}\" }}, to = {{ region = \"{to}\" }}");
        let kind = format!("{{ partition = {{ {way}, until = \"2026-01-09T00:00:00Z\" }} }}");
        shown(&format!("{text}\n[[fault]]\nat = \"2026-01-02T00:00:00Z\"\nkind = {kind}\n"))
    };
    assert_eq!(parted("sg", "de"), "");
    let shown = parted("de", "sg");
    let expected = "expected the region that leads; `loses = \"answers\"` cuts the way back alone";
    assert!(shown.contains("nothing goes from region de to region sg") && shown.contains(expected), "{shown}");
}

#[test]
fn faults_in_regions_that_there_are_not_are_refused() {
    shows(
        &[
            ("outage = { region = \"sg\"", "outage = { region = \"gs\""),
            ("to = { region = \"ru\" }", "to = { region = \"rus\" }"),
        ],
        r#"
world.toml:155:17: unknown region `rus`
    |
155 | to = { region = "rus" }
    |                 ^^^^^ expected one of `ru`, `sg`
    = help: did you mean `ru`?
world.toml:160:30: unknown region `gs`
    |
160 | kind = { outage = { region = "gs", until = "2020-05-03T12:00:00Z" } }
    |                              ^^^^ expected one of `ru`, `sg`
    = help: did you mean `sg`?
"#,
    );
}

#[test]
fn faults_that_hit_nobody_or_do_nothing_are_refused() {
    shows(
        &[
            ("by = \"40s\"", "by = \"0s\""),
            ("country = \"IN\", percent = 30", "country = \"DE\", percent = 30"),
            ("by = { behind = \"2h\" }", "by = { behind = \"0s\" }"),
        ],
        r#"
world.toml:234:76: a slow disk that takes no time
    |
234 | kind = { disk-slow = { region = "sg", until = "2020-05-04T03:00:00Z", by = "0s" } }
    |                                                                            ^^^^ expected more than no time
world.toml:238:49: nobody of the crowd lives in DE
    |
238 | kind = { device-crash = { devices = { country = "DE", percent = 30 }, dies = "sending", until = "2020-05-04T05:00:00Z" } }
    |                                                 ^^^^ expected one of `IN`, `RU`
world.toml:242:25: clocks that jump nowhere
    |
242 | kind = { clock = { by = { behind = "0s" }, until = "2020-05-06T00:00:00Z" } }
    |                         ^^^^^^^^^^^^^^^^^ expected more than no time
"#,
    );
}

#[test]
fn faults_of_devices_need_a_crowd() {
    let (before, rest) = EVERY_PART.split_once("[crowd]").expect("there is one");
    let (_, after) = rest.split_once("[[lab]]").expect("there is one");
    let shown = shown(&format!("{before}[[lab]]{after}"));
    assert_eq!(shown.matches("a fault of devices without a crowd hits nobody").count(), 3, "{shown}");
    let expected = "expected a [crowd]: the examiner looks after the devices of the laboratory";
    assert_eq!(shown.matches(expected).count(), 3, "{shown}");
}
