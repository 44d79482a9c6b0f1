//! What a visit itself causes.

use model::{Activity, Mode, Upload};

use crate::drive::{Lab, online, search, visit};

fn caused(mode: Mode, activity: Activity) -> Vec<String> {
    let mut lab = Lab::new("");
    lab.open(1, mode).act_in(1, activity);
    let told = |request: &Upload| format!("{} {}{}", request.method, request.authority, request.path);
    lab.navigated.iter().map(told).collect()
}

#[test]
fn a_visit_asks_its_host_and_what_its_page_embeds_in_both_modes() {
    for mode in [Mode::Normal, Mode::Incognito] {
        let mut page = visit("https://user@WWW.example.org:8443/a/b?c=d#part");
        if let Activity::Visit { embeds, .. } = &mut page {
            embeds.extend(["https://cdn.example/x.js".to_owned(), "nowhere".to_owned()]);
        }
        assert_eq!(caused(mode, page), ["GET www.example.org/a/b?c=d", "GET cdn.example/x.js"]);
    }
}

#[test]
fn a_search_asks_the_engine_and_a_download_the_file() {
    assert_eq!(caused(Mode::Incognito, search("a&b c")), ["GET duckduckgo.com/?q=a%26b%20c"]);
    let file = Activity::Download { url: "http://files.example?id=7".to_owned() };
    assert_eq!(caused(Mode::Normal, file), ["GET files.example/?id=7"]);
}

#[test]
fn a_share_and_a_screen_and_an_odd_address_cause_nothing() {
    assert!(caused(Mode::Normal, Activity::Share { url: "https://a.example/".to_owned() }).is_empty());
    assert!(caused(Mode::Normal, Activity::ShowScreen { name: "settings".to_owned() }).is_empty());
    for url in ["", "about:blank", "https://", "https:///path", "https://a b/", "https://:80/", "https://#x"] {
        assert!(caused(Mode::Normal, visit(url)).is_empty(), "{url}");
    }
}

#[test]
fn offline_there_is_none() {
    let mut lab = Lab::new("");
    lab.act(online(false)).act(visit("https://a.example/"));
    assert!(lab.navigated.is_empty());
}
