internal import Basics
public import Specs

extension TaskKind {
  /// Some labels of a list for a text, or none.
  public static let multilabel = TaskKind("multilabel")
}

extension TaskKindRow {
  /// Some labels of a list for a text, or none.
  static let multilabel = TaskKindRow(
    KindOutline(
      .multilabel, "some labels of a list for a text, or none", usualMetrics: ["micro_f1", "macro_f1"],
      usualTarget: "labels",
      labels: LabelWords("label", example: "labels: [name, ...]", form: written), targetWord: "set of labels",
      problem: { task in
        guard task.head == .labels else { return nil }
        return Diagnostic(
          "the multilabel task '\(task.name)' has a label head, which says which label is nearest and not how many hold",
          hint: "add head: linear")
      },
      sameness: { _, facts in
        guard facts.rows > 1, facts.labels.allSatisfy({ $0 == 0 || $0 == facts.rows }) else { return nil }
        return Diagnostic(
          "all \(facts.rows) rows have the same labels", hint: "there is nothing to tell apart: add others")
      }),
    form: .labels, readout: { _ in "labels" },
    reading: RowReading(
      lists: { reader in [(reader.task.target, true)] },
      listInText: "the labels with ';' between them",
      labels: { row, reader in
        (names(reader.target(row)) ?? []).map { ($0, reader.place(row)) }
      },
      example: { row, reader throws(Diagnostic) in
        try reader.example(row) { field, place throws(Diagnostic) in
          guard let names = names(field) else {
            throw Diagnostic(
              "column '\(reader.task.target)' holds no labels", at: place,
              hint: "give a list of strings, or a text with '\(mark)' between labels")
          }
          return .labels(Set(names.map(reader.index)).sorted())
        }
      }),
    count: { targets, task, facts in
      facts.labels = task.labels.map { _ in 0 }
      for label in targets.flatMap(\.target.labelSet) { facts.labels[label] += 1 }
    },
    write: { target, labels in target.labelSet.map { labels[$0] }.joined(separator: String(mark)) },
    read: { text, labels in
      let found = names(.text(text))?.map { labels.firstIndex(of: $0) } ?? []
      return found.contains(nil) ? nil : .labels(Set(found.compactMap(\.self)).sorted())
    })

  /// What stands between labels in a text.
  private static let mark: Character = ";"

  private static let written = LabelForm(pattern: #"^[^;\s](?:[^;]*[^;\s])?$"#) { name in
    let isSound =
      !name.contains(mark) && name.first?.isWhitespace == false && name.last?.isWhitespace == false
    return isSound
      ? nil
      : Diagnostic(
        "the label '\(name)' cannot be one of several",
        hint:
          "a label holds no '\(mark)', which stands between labels, and neither begins nor ends with a space")
  }

  /// The labels of a field: a list, or a text with marks between them; nil for anything else.
  private static func names(_ field: JSON) -> [String]? {
    guard let text = field.scalar else { return field.words }
    return text.split(separator: mark).map { part in
      let start = part.drop(while: \.isWhitespace)
      return String(start.reversed().drop(while: \.isWhitespace).reversed())
    }.filter { !$0.isEmpty }
  }
}
