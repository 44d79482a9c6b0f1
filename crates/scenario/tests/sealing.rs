//! Devices and servers must agree about STAR's terms: what a scenario shows where they do not.

const SITES: &str = include_str!("../../../sims/mechanisms/star.toml");

/// What is shown once the one place where each text stands is replaced: the first line of each mistake.
fn shown(edits: &[(&str, &str)]) -> Vec<String> {
    let text = edits.iter().fold(SITES.to_owned(), |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "`{from}` stands once");
        text.replace(from, to)
    });
    let mistakes = scenario::parse("world.toml", &text).err().unwrap_or_default();
    let lines = mistakes.iter().map(|mistake| mistake.to_string().lines().next().unwrap_or_default().to_owned());
    lines.map(|line| line.splitn(4, ':').last().unwrap_or_default().trim().to_owned()).collect()
}

#[test]
fn sealed_sites_are_accepted() {
    assert_eq!(shown(&[]), [""; 0]);
}

#[test]
fn terms_that_differ_are_told() {
    let sealing = "star = { query = \"sites\", group-by = [\"host\"], devices-min = 20,";
    for (terms, expected) in [
        (
            "star = { query = \"sights\", group-by = [\"host\"], devices-min = 20,",
            "there is no query `sights` whose mechanism is star",
        ),
        (
            "star = { query = \"sites\", group-by = [\"event\"], devices-min = 20,",
            "sealed by other fields than the query groups by",
        ),
        ("star = { query = \"sites\", group-by = [\"host\"], devices-min = 21,", "sealed for 21 devices"),
        (
            "star = { query = \"sites\", window = \"1h\", group-by = [\"host\"], devices-min = 20,",
            "sealed by windows of 1h",
        ),
    ] {
        assert_eq!(shown(&[(sealing, terms)]), [expected]);
    }
    let mechanism = "mechanism = { star = { devices-min = 20, messages-per-device-max = 19 } }";
    let told = shown(&[(mechanism, "mechanism = { threshold = { devices-min = 20 } }")]);
    assert_eq!(told, ["there is no query `sites` whose mechanism is star"]);
}

#[test]
fn what_cannot_work_is_told() {
    let told = shown(&[("randomness = \"randomness.example\" }", "randomness = \"random.example\" }")]);
    assert_eq!(told, ["no endpoint serves the host `random.example`"]);
    let told = shown(&[("messages-per-device-max = 19", "messages-per-device-max = 20")]);
    assert!(told[0].starts_with("a device may send 20 messages"), "{told:?}");
    let told = shown(&[("fields = { host = \"url|host\" }", "fields = { origin = \"url|origin\" }")]);
    assert!(told[0].contains("not every event of the pipeline has the field `host`"), "{told:?}");
    let told = shown(&[("measure = \"devices\"", "measure = \"count\"")]);
    assert_eq!(told, ["star counts shares, one for each device"]);
}
