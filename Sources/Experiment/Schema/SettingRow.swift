internal import Basics
internal import Specs

/// A setting of a spec: its word in the manifest, its range, and the property that it sets.
struct SettingRow<Spec>: Sendable {
  let parameter: ParameterSpec
  let apply: @Sendable (ParameterValue, inout Spec) -> Void

  static func integer(
    _ name: String, _ range: ClosedRange<Int>, _ path: any WritableKeyPath<Spec, Int> & Sendable,
    of defaults: Spec,
    _ summary: String
  ) -> SettingRow {
    let value = ParameterValue.number(Double(defaults[keyPath: path]))
    return SettingRow(parameter: ParameterSpec(name, .integer(range), default: value, summary)) {
      value, spec in
      guard case .number(let number) = value else { return }
      spec[keyPath: path] = Int(number)
    }
  }

  static func number(
    _ name: String, _ range: ClosedRange<Double>, _ path: any WritableKeyPath<Spec, Double> & Sendable,
    of defaults: Spec, _ summary: String
  ) -> SettingRow {
    let value = ParameterValue.number(defaults[keyPath: path])
    return SettingRow(parameter: ParameterSpec(name, .number(range), default: value, summary)) {
      value, spec in
      guard case .number(let number) = value else { return }
      spec[keyPath: path] = number
    }
  }

  static func flag(
    _ name: String, _ path: any WritableKeyPath<Spec, Bool> & Sendable, of defaults: Spec, _ summary: String
  ) -> SettingRow {
    let value = ParameterValue.flag(defaults[keyPath: path])
    return SettingRow(parameter: ParameterSpec(name, .flag, default: value, summary)) { value, spec in
      guard case .flag(let flag) = value else { return }
      spec[keyPath: path] = flag
    }
  }

  static func choice<Word: RawRepresentable<String> & CaseIterable & Sendable>(
    _ name: String, _ path: any WritableKeyPath<Spec, Word> & Sendable, of defaults: Spec, _ summary: String
  ) -> SettingRow {
    let kind = ParameterSpec.Kind.choice(Word.allCases.map(\.rawValue))
    let value = ParameterValue.text(defaults[keyPath: path].rawValue)
    return SettingRow(parameter: ParameterSpec(name, kind, default: value, summary)) { value, spec in
      guard case .text(let text) = value, let word = Word(rawValue: text) else { return }
      spec[keyPath: path] = word
    }
  }
}

/// The settings under `adapter`.
enum AdapterSettings {
  static var rows: [SettingRow<AdapterSpec>] {
    let defaults = AdapterSpec()
    return [
      .integer("rank", 1...1024, \.rank, of: defaults, "r, the rank of the update"),
      .number("alpha", 0.001...100_000, \.alpha, of: defaults, "α; the update is scaled by α/r"),
      .number(
        "dropout", 0...0.95, \.dropout, of: defaults, "share of the adapter's inputs dropped in training"),
      .flag("rslora", \.rslora, of: defaults, "scale by α/√r instead"),
    ]
  }
}

/// The settings under `training`.
enum TrainingSettings {
  static var rows: [SettingRow<TrainingSpec>] {
    let defaults = TrainingSpec()
    return [
      .number("learning_rate", 1e-8...10, \.learningRate, of: defaults, "peak learning rate"),
      .choice("schedule", \.schedule, of: defaults, "how the rate moves after the warm-up"),
      .number("warmup", 0...1, \.warmup, of: defaults, "share of the steps over which the rate rises from 0"),
      .number("weight_decay", 0...10, \.weightDecay, of: defaults, "AdamW's decoupled weight decay"),
      .number("beta1", 0...0.9999, \.beta1, of: defaults, "AdamW's β₁"),
      .number("beta2", 0...0.99999, \.beta2, of: defaults, "AdamW's β₂"),
      .number("epsilon", 1e-15...0.1, \.epsilon, of: defaults, "AdamW's ε"),
      .number("clip", 0...1e6, \.clip, of: defaults, "the gradient's norm is cut to this; 0 leaves it"),
      .integer("batch_rows", 1...65536, \.batchRows, of: defaults, "rows of a batch"),
      .integer(
        "batch_tokens", 0...10_000_000, \.batchTokens, of: defaults,
        "tokens of a batch instead; 0 counts rows"),
      .integer("accumulation", 1...65536, \.accumulation, of: defaults, "batches for one optimiser step"),
      .integer("max_tokens", 2...32768, \.maxTokens, of: defaults, "longer inputs are cut to so many tokens"),
      .integer(
        "validate_every", 0...1_000_000_000, \.validateEvery, of: defaults,
        "steps between validations; 0 never"),
      // The reader turns it into steps, by the budget.
      SettingRow(
        parameter: ParameterSpec(
          "validate_times", .integer(0...1_000_000), default: .number(0),
          "validations over a budget of steps, instead of validate_every; 0 leaves it to that")
      ) { _, _ in },
      SettingRow(
        parameter: ParameterSpec(
          "validate_rows", .integer(0...1_000_000_000), default: .number(0),
          "the most validation rows of a task that a validation reads; 0 all")
      ) { value, spec in
        if case .number(let rows) = value { spec.validateRows = rows > 0 ? Int(rows) : nil }
      },
      .integer(
        "patience", 0...1_000_000, \.patience, of: defaults,
        "validations without progress that end it; 0 never"),
      .flag("keep_best", \.keepBest, of: defaults, "keep the weights of the best validation"),
      .number(
        "label_scale", 0.01...10000, \.labelScale, of: defaults, "factor on the cosines of a label head"),
      .choice(
        "precision", \.productPrecision, of: defaults,
        "what products with frozen weights read: floats, or both sides rounded to bf16 (needs oneDNN)"),
    ]
  }
}

/// The settings under `base.pretrain`.
enum PretrainSettings {
  static var rows: [SettingRow<PretrainSpec>] {
    let defaults = PretrainSpec()
    return [
      .integer("hidden", 8...8192, \.hidden, of: defaults, "width"),
      .integer("layers", 1...128, \.layers, of: defaults, "blocks"),
      .integer("heads", 1...128, \.heads, of: defaults, "attention heads; they divide the width"),
      .integer("intermediate", 8...65536, \.intermediate, of: defaults, "width of the feed-forward layer"),
      .integer("sentences", 1...100_000_000, \.sentences, of: defaults, "sentences of the generated corpus"),
      .integer("world", 0...1_000_000, \.world, of: defaults, "names the generator's world"),
      .integer("steps", 1...100_000_000, \.steps, of: defaults, "optimiser steps"),
      .integer("batch_rows", 1...65536, \.batchRows, of: defaults, "sentences of a batch"),
      .number("learning_rate", 1e-8...10, \.learningRate, of: defaults, "peak learning rate"),
      .integer("seed", 0...2_147_483_647, \.seed, of: defaults, "seed of weights, order and masks"),
    ]
  }
}

/// The knobs under a task's `generate`.
enum GeneratorSettings {
  static var rows: [SettingRow<GeneratorSpec>] {
    let defaults = GeneratorSpec(form: "", rows: [:])
    return [
      .number(
        "relatedness", -1...1, \.relatedness, of: defaults,
        "1 the same labels as the suite's core, 0 unrelated"),
      .number("noise", 0...1, \.noise, of: defaults, "share of labels replaced by another"),
      .number(
        "imbalance", 0...1, \.imbalance, of: defaults, "share of the largest class beyond its equal share"),
      .integer("world", 0...1_000_000, \.world, of: defaults, "names the world that tasks share"),
    ]
  }
}

/// The ways to set a budget: exactly one stands under `budget`.
enum BudgetSettings {
  static var parameters: [ParameterSpec] {
    [
      ParameterSpec("steps", .integer(1...1_000_000_000), default: .number(1), "optimiser steps"),
      ParameterSpec(
        "tokens", .integer(1...1_000_000_000_000), default: .number(1),
        "real tokens; the step that reaches them is the last"),
      ParameterSpec(
        "passes", .number(0.001...100_000), default: .number(1), "passes over the target's training data"),
    ]
  }

  static func budget(_ key: String, _ value: Double) -> BudgetSpec? {
    switch key {
    case "steps": .steps(Int(value))
    case "tokens": .tokens(Int(value))
    case "passes": .passes(value)
    default: nil
    }
  }
}

/// The parameters of the sampling rules.
enum SamplingSettings {
  static let cap = ParameterSpec(
    "cap", .integer(1...1_000_000_000), default: .number(1), "a task counts at most this many examples")
  static let temperature = ParameterSpec(
    "temperature", .number(0.01...1000), default: .number(1), "T in p ∝ min(n, cap)^(1/T)")
}
