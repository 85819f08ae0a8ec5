public import Specs
public import Tasks

/// What tests need of a kind of task: rows as people write them, and a toy that a tiny model learns.
public struct KindFixture: Sendable {
  /// What a manifest says of a task of the kind, as members of a JSON object.
  public let keys: String
  /// Records of a data file.
  public let rows: [String]
  /// What they ask for, as predictions are written.
  public let answers: [String]
  /// The toy.
  public let toy: Toy

  /// A task over sentences of a few words, of which one decides: it says which way something moves, or it is a name.
  public struct Toy: Sendable {
    /// The labels of the task.
    public let labels: [LabelSpec]
    /// The metric that says whether it was learnt.
    public let metric: String
    /// The words that decide, one for each of `moves`.
    public var deciding = moves.map(\.0)
    /// The example of some words of which one, at a place, is the deciding word of a move.
    public let example: @Sendable (_ words: [String], _ place: Int, _ move: Int) -> Example
  }

  /// Words that decide nothing.
  public static let words = ["profit", "sales", "today", "shares", "bank"]
  /// Words for a direction with what they are worth.
  public static let moves = [("down", -1.0), ("flat", 0.0), ("up", 1.0)]
  /// Words that are names.
  public static let names = ["acme", "orion", "zenith"]

  /// The fixtures of all kinds.
  public static let all: [TaskKind: KindFixture] = [
    .classification: KindFixture(
      keys: #""labels": ["bad", "very good"]"#,
      rows: [#"{"text": "a b", "label": "very good"}"#, #"{"text": "b", "label": "bad"}"#],
      answers: ["very good", "bad"],
      toy: Toy(labels: moves.map { LabelSpec(name: $0.0, description: $0.0) }, metric: "accuracy") {
        words, _, move in Example(text: words.joined(separator: " "), target: .label(move))
      }),
    .multilabel: KindFixture(
      keys: #""labels": ["bad", "very good", "odd"], "head": "linear""#,
      rows: [
        #"{"text": "a b", "labels": ["very good", "bad"]}"#, #"{"text": "b", "labels": []}"#,
        #"{"text": "c", "labels": "odd ; bad"}"#,
      ], answers: ["bad;very good", "", "bad;odd"],
      toy: Toy(
        labels: (moves.map(\.0) + ["bank"]).map { LabelSpec(name: $0, description: $0) }, metric: "micro_f1"
      ) { words, _, move in
        Example(
          text: words.joined(separator: " "), target: .labels([move] + (words.contains("bank") ? [3] : [])))
      }),
    .regression: KindFixture(
      keys: #""anchors": {"low": {"value": -1}, "high": {"value": 1}}"#,
      rows: [#"{"text": "a b", "score": 0.1}"#, #"{"text": "b", "score": "-1e-7"}"#],
      answers: ["0.1", "-1e-07"],
      toy: Toy(
        labels: moves.map { LabelSpec(name: $0.0, description: $0.0, value: $0.1) }, metric: "mse"
      ) { words, _, move in Example(text: words.joined(separator: " "), target: .number(moves[move].1)) }),
    .tagging: KindFixture(
      keys: #""labels": ["O", "B-X", "I-X", "B-a b"]"#,
      rows: [
        #"{"tokens": ["a", "b", "c"], "tags": ["B-X", "I-X", "O"]}"#,
        #"{"tokens": ["a", "b"], "tags": ["B-a b", "O"]}"#,
      ], answers: ["B-X I-X O", "B-a b O"],
      toy: Toy(
        labels: [LabelSpec(name: "O", description: "word"), LabelSpec(name: "B-ORG", description: "name")],
        metric: "token_accuracy", deciding: names
      ) { words, place, _ in
        Example(
          text: words.joined(separator: " "), words: words,
          target: .tags(words.indices.map { $0 == place ? 1 : 0 }))
      }),
  ]
}
