internal import Basics
public import Specs

/// A seeded generator of finance-like text tasks whose relatedness, size, noise and balance are knobs.
///
/// A sentence is made of clauses; each says of one of ten themes that it goes well or badly, in one of a
/// dozen ways, or is a plain fact. What a task asks for follows from the themes by weights of the task
/// (`LabelLaw`), so that tasks of one world can share everything, nothing, or be opposed. All labels are
/// nearly linear in the words: with few rows a task does not see all wordings, which related tasks then add.
///
/// Everything is a pure function of world, task name, split and row. The knob `noise` touches training labels
/// only: validation and test stay clean, so that scores tell what was learnt. A sentence belongs to one split
/// by its hash, for all tasks and worlds, so that no split shares a sentence with another.
public enum GeneratedSuite {
  /// Words of a sentence.
  private static let lengths = 10...25

  /// The names of the forms.
  public static let forms: [String] = GeneratedForm.all.names

  /// All of a form's task that a manifest needs not say; name and source are to be filled in.
  public static func template(_ form: String) -> TaskSpec? {
    GeneratedForm.all.entries.first { $0.name == form }?.template
  }

  /// The examples of one split; none where `rows` does not name it.
  ///
  /// - Parameters:
  ///   - spec: The knobs; traps on a form that is not in `forms`.
  ///   - task: The name of the task, which its own law and its rows depend on.
  ///   - split: Which part.
  public static func examples(_ spec: GeneratorSpec, task: String, split: Split) -> [Example] {
    guard let form = GeneratedForm.all.entries.first(where: { $0.name == spec.form }) else {
      preconditionFailure("no generated form '\(spec.form)'")
    }
    let law = LabelLaw(spec, task: task)
    let root = RandomStream(seed: spec.world, "generated", "rows", task, split.rawValue)
    return (0..<(spec.rows[split.rawValue] ?? 0)).map { row in
      let stream = root.stream("row \(row)")
      var example = clean(form, spec, law, split, stream)
      if split == .train {
        var noise = stream.stream("noise")
        example.target = form.noise(example.target, form.template.labels.count, spec.noise, &noise)
      }
      return example
    }
  }

  private static func clean(
    _ form: GeneratedForm, _ spec: GeneratorSpec, _ law: LabelLaw, _ split: Split, _ stream: RandomStream
  ) -> Example {
    var stream = stream
    let wanted = form.drawnClass(imbalance: spec.imbalance, from: &stream)
    for _ in 0..<100_000 {
      guard let draft = form.attempt(wanted, spec, law, &stream),
        lengths.contains(draft.sentence.words.count), belongs(draft.sentence.text, to: split)
      else { continue }
      return Example(
        text: draft.sentence.text, pair: draft.pair, words: draft.words, target: draft.target)
    }
    preconditionFailure("no row of class \(wanted) of '\(form.name)' at relatedness \(spec.relatedness)")
  }

  /// Six tenths of all sentences can only be training data, two validation and two test.
  static func belongs(_ text: String, to split: Split) -> Bool {
    switch StableHash.word(text) % 10 {
    case 0...5: split == .train
    case 6...7: split == .validation
    default: split == .test
    }
  }
}
