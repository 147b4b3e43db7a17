use super::*;

fn first(text: &str) -> (String, String, String) {
    let spec = Spec::parse(text).unwrap();
    let errors = spec.validate();
    let error = errors.first().unwrap_or_else(|| panic!("no error in {text}"));
    let place = error.span.clone().map(|span| text[span].to_owned()).unwrap_or_default();
    (error.path.clone(), error.message.en.clone(), place)
}

#[test]
fn the_default_tank_is_valid() {
    assert_eq!(Spec::default_tank().validate(), []);
}

#[test]
fn a_spec_survives_printing() {
    let text = r#"
        [cluster]
        brokers = 2
        config = { "broker.session.timeout.ms" = 9000, "auto.create.topics.enable" = false }
        [[cluster.topic]]
        name = "orders"
        replicas = [[1, 2], [2, 1]]
        [[cluster.producer]]
        id = "p"
        topics = ["orders"]
        drive = "auto"
        workload = { every = "500ms", keys = ["a", "b"], count = 6 }
        config = { acks = "all" }
        [[cluster.consumer]]
        id = "c1"
        group = "pay"
        topics = ["orders"]
        [[cluster.link]]
        between = ["b1", "b2"]
        delay = "200ms"
        [start]
        do = ["produce p --key user_1"]
    "#;
    let spec = Spec::parse(text).unwrap();
    assert_eq!(spec.validate(), []);
    let printed = toml::to_string(&spec).unwrap();
    assert_eq!(Spec::parse(&printed).unwrap(), spec, "{printed}");
}

#[test]
fn errors_name_the_place_and_what_would_be_right() {
    let topic = "[[cluster.topic]]\nname = \"orders\"\n";
    let cases = [
        (
            "[cluster]\nmetadata = \"zookeeper\"\ncontrollers = 1".to_owned(),
            "cluster.controllers",
            "With metadata = \"zookeeper\" a broker is the controller",
            "1",
        ),
        (
            "[cluster]\nmetadata = \"zookeeper\"\nconfig = { \"eligible.leader.replicas.version\" = 1 }"
                .to_owned(),
            "cluster.config.\"eligible.leader.replicas.version\"",
            "`eligible.leader.replicas.version` needs KRaft",
            "\"eligible.leader.replicas.version\"",
        ),
        (
            "[cluster]\nmetadata = \"zookeeper\"\n[start]\ndo = [\"crash k1\"]".to_owned(),
            "start.do[0]",
            "There is no process k1.",
            "\"crash k1\"",
        ),
        ("[cluster]\ncontrollers = 10".to_owned(), "cluster.controllers", "There may be 1 to 9", "10"),
        (
            "[cluster]\nconfig = { \"broker.sesion.timeout.ms\" = 1 }".to_owned(),
            "cluster.config.\"broker.sesion.timeout.ms\"",
            "`broker.sesion.timeout.ms`: there is no such setting. Did you mean broker.session.timeout.ms?",
            "\"broker.sesion.timeout.ms\"",
        ),
        (
            format!("{topic}replicas = [[1, 4]]"),
            "cluster.topic[0].replicas",
            "Partition 0: there is no broker 4",
            "[[1, 4]]",
        ),
        (
            format!("{topic}replication = 5"),
            "cluster.topic[0].replication",
            "5 replicas do not fit on 3",
            "5",
        ),
        (
            "[[cluster.producer]]\nid = \"b1\"".to_owned(),
            "cluster.producer[0].id",
            "id `b1` is taken by a broker",
            "\"b1\"",
        ),
        (
            "[[cluster.producer]]\nid = \"P\"".to_owned(),
            "cluster.producer[0].id",
            "id `P`: start with",
            "\"P\"",
        ),
        (
            format!("{topic}[[cluster.consumer]]\nid = \"c1\"\ntopics = [\"orders\"]"),
            "cluster.consumer[0].group",
            "Consumer c1 has no group",
            "\"c1\"",
        ),
        (
            format!("{topic}[[cluster.producer]]\nid = \"p\"\ntopics = [\"order\"]"),
            "cluster.producer[0].topics[0]",
            "There is no topic order in this spec. Did you mean orders?",
            "\"order\"",
        ),
        (
            "[cluster]\n[start]\ndo = [\"crash b9\"]".to_owned(),
            "start.do[0]",
            "There is no process b9.",
            "\"crash b9\"",
        ),
    ];
    for (text, path, message, place) in cases {
        let found = first(&text);
        assert_eq!((found.0.as_str(), found.2.as_str()), (path, place), "{text}");
        assert!(found.1.starts_with(message), "{}", found.1);
    }
}

#[test]
fn a_bare_dotted_setting_gets_the_hint_to_quote_it() {
    let error = Spec::parse("[cluster]\nconfig = { linger.ms = 5 }").unwrap_err();
    assert!(error.message().contains("must be quoted"), "{}", error.message());
    let error = Spec::parse("[cluster]\nbroker = 3").unwrap_err();
    assert!(error.message().contains("unknown field `broker`"), "{}", error.message());
}
