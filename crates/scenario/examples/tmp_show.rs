#![allow(missing_docs, clippy::print_stdout)]
fn main() {
    let base = include_str!("../tests/every-part.toml");
    let cases: serde_json::Value = serde_json::from_str(&std::fs::read_to_string("/tmp/gh/scn-cases.json").unwrap()).unwrap();
    let mut shown = vec![];
    for case in cases.as_array().unwrap() {
        for group in case[1].as_array().unwrap() {
            let mut text = base.to_owned();
            for edit in group.as_array().unwrap() {
                let (from, to) = (edit[0].as_str().unwrap(), edit[1].as_str().unwrap());
                assert_eq!(text.matches(from).count(), 1, "{from}");
                text = text.replace(from, to);
            }
            shown.push(scenario::parse("world.toml", &text).err().unwrap_or_default().iter().map(|d| d.to_string()).collect::<Vec<_>>().join("\n"));
        }
    }
    println!("{}", serde_json::to_string(&shown).unwrap());
}
