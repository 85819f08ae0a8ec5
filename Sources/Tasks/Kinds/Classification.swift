internal import Basics
public import Specs

extension TaskKind {
  /// One label of a list for a text.
  public static let classification = TaskKind("classification")
}

extension TaskKindRow {
  /// One label of a list for a text.
  static let classification = TaskKindRow(
    KindOutline(
      .classification, "one label of a list for a text", usualMetrics: ["macro_f1", "accuracy"],
      usualTarget: "label",
      labels: LabelWords(
        "label", example: "labels: {name: \"what it means\", ...}, or a list of names"),
      targetWord: "label", heads: [.labels, .linear, .answers],
      sameness: { task, facts in
        let present = zip(task.labels, facts.labels).filter { $0.1 > 0 }.map(\.0.name)
        guard present.count == 1, facts.rows > 1 else { return nil }
        return Diagnostic(
          "all \(facts.rows) rows have the label '\(present[0])'",
          hint: "there is nothing to tell apart: add others")
      }),
    form: .label, readout: { head in head == .answers ? "answers" : "label" },
    reading: RowReading(
      labels: { row, reader in
        reader.target(row).scalar.map { [($0, reader.place(row))] } ?? []
      },
      example: { row, reader throws(Diagnostic) in
        try reader.example(row) { field, place throws(Diagnostic) in
          guard let name = field.scalar else {
            throw Diagnostic(
              "column '\(reader.task.target)' holds no label", at: place,
              hint: "give one of the labels of the task")
          }
          return .label(reader.index(of: name))
        }
      }),
    count: { targets, task, facts in
      facts.labels = task.labels.map { _ in 0 }
      for label in targets.map(\.target).labels { facts.labels[label] += 1 }
    },
    write: { target, labels in labels[target.label] },
    read: { text, labels in labels.firstIndex(of: text).map { .label($0) } })
}
