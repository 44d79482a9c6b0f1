//! Whatever the weather does, what is admitted is counted once.

mod support;

use support::{parse, play};

fn script(weather: &str) -> scenario::Script {
    parse(&format!(
        r#"
format = 1
name = "storm"
seed = 11
starts = "2020-05-01T00:00:00Z"
ends = "2020-05-03T00:00:00Z"
region = [{{ id = "sg", country = "SG" }}]
endpoint = [{{ host = "t.vendor.example", region = "sg", registered-in = "CN" }}]
[crowd]
devices = 300
products = {{ browser = 1 }}
country = [{{ country = "IN", locale = "en-IN", weight = 1 }}]
[crowd.habits]
incognito-percent = 0
search-percent = 0
download-percent = 0
screen-percent = 0
{weather}
[[query]]
id = "visits"
events = ["visit"]
group-by = []
mechanism = "exact"
[[product]]
id = "browser"
name = "Browser"
version = [{{ version = "1", released = "2020-04-01T00:00:00Z", policy = "p" }}]
[[policy.p.pipeline]]
name = "usage"
route = [{{ host = "t.vendor.example" }}]
send = {{ every = "15s", retry = {{ attempts-max = 50 }} }}
queue = {{ store = "disk" }}
[[policy.p.pipeline.event]]
on = "visit"
name = "visit"
fields = {{ url = "url" }}
"#
    ))
}

fn visits_released(played: &world::Played) -> i64 {
    played.releases.iter().flat_map(|release| &release.cells).map(|cell| cell.value).sum()
}

#[test]
fn loss_and_duplication_neither_lose_nor_double_a_visit() {
    let calm = play(&script(""), 2);
    let storm = play(&script("[weather]\nlost-permille = 150\nduplicated-permille = 150"), 2);
    let visits = String::from_utf8_lossy(&calm.artifacts.log).matches(r#""activity":"visit""#).count();
    assert!(visits > 1000, "{visits} visits are too few to tell");
    assert_eq!(visits_released(&calm), i64::try_from(visits).expect("fits"));
    assert_eq!(visits_released(&storm), i64::try_from(visits).expect("fits"));
    let duplicates = storm.tallies.iter().find(|(name, _)| name.contains("duplicates")).map(|(_, count)| *count);
    assert!(duplicates.is_some_and(|count| count > 0), "a storm without duplicates proves nothing");
}

#[test]
fn a_partition_delays_and_loses_nothing() {
    let partition = "[[fault]]\nat = \"2020-05-01T08:00:00Z\"\nkind = { partition = { to = { region = \"sg\" }, until = \"2020-05-01T20:00:00Z\" } }";
    let calm = play(&script(""), 2);
    let parted = play(&script(partition), 2);
    assert_eq!(visits_released(&parted), visits_released(&calm));
}
