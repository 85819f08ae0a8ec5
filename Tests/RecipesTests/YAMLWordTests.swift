import Basics
import Recipes
import Testing

/// Words and forms of YAML that recipes of other programs have.
@Suite struct YAMLWordTests {
  private static let method = CheckpointRecipeReader.Method(
    name: "linear",
    shared: [ParameterSpec("normalize", .flag, default: .flag(true), "whether to divide")],
    own: [ParameterSpec("weight", .number(-10...10), default: .number(1), "factor")])

  private func read(_ text: String) throws -> CheckpointRecipe {
    try CheckpointRecipeReader.read(text, path: "r.yaml") { _, _ in Self.method }
  }

  private func refusal(_ text: String) -> String {
    do {
      _ = try read(text)
      return "read"
    } catch {
      return "\(error)"
    }
  }

  private func recipe(normalize: String) -> String {
    "merge_method: linear\nmodels: [{model: a}]\nparameters: {normalize: \(normalize)}"
  }

  @Test(arguments: ["true", "True", "TRUE", "false", "False", "FALSE"])
  func `truth is written as in YAML's core schema`(word: String) throws {
    let setting = try read(recipe(normalize: word)).settings[0]["normalize"]
    #expect(setting == .value(.flag(word.lowercased() == "true")))
  }

  @Test(arguments: [
    ("no", "write false"), ("Yes", "write true"), ("off", "write false"), ("1", "write true"),
  ])
  func `other words for truth are answered with the right one`(word: String, hint: String) {
    #expect(
      refusal(recipe(normalize: word)) == """
        r.yaml:3:25: error: 'normalize' must be true or false, not '\(word)'
            3 | parameters: {normalize: \(word)}
              |                         ^ \(hint)
        """)
  }

  @Test(arguments: ["1/2", ".inf", "abc"]) func `no list is offered where none helps`(word: String) {
    let text = refusal(
      "merge_method: linear\nmodels: [{model: a, parameters: {weight: \(word)}}]")
    #expect(text.contains("error: 'weight' must be a number in -10…10, not '\(word)'"))
    #expect(!text.contains("a list is taken"))
  }

  @Test func `a merge key takes over the keys of another mapping`() throws {
    let recipe = try read(
      """
      merge_method: linear
      models:
        - model: a
          parameters: &first {weight: 0.25}
        - model: b
          parameters: &second
            <<: *first
        - model: c
          parameters:
            weight: 2
            <<: *first
        - model: d
          parameters: {<<: [*second, {weight: 3}]}
      """)
    #expect(
      recipe.slices[0].sources.map { $0.settings["weight"] } == [
        .value(.number(0.25)), .value(.number(0.25)), .value(.number(2)), .value(.number(0.25)),
      ])
  }

  @Test func `a merge key needs a mapping`() {
    #expect(
      refusal("merge_method: linear\nmodels: [{model: a}]\nparameters: {<<: 3}") == """
        r.yaml:3:18: error: '<<' takes over the keys of a mapping, and this is none
            3 | parameters: {<<: 3}
              |                  ^ write '<<: *name', with '&name' before a mapping further up
        """)
  }

  @Test func `one file has one document`() {
    #expect(
      refusal("merge_method: linear\nmodels: [{model: a}]\n---\nmerge_method: linear\n") == """
        r.yaml:3:1: error: the recipe holds more than one document
            3 | ---
              | ^ write one a file: what stands behind '---' goes into a file of its own
        """)
    #expect(refusal("---\nmerge_method: linear\nmodels: [{model: a}]\n...\n") == "read")
  }

  @Test func `keys that are canonically equivalent are two keys`() throws {
    let recipe = try read(
      """
      merge_method: linear
      models: [{model: a}]
      tokenizer: {tokens: {"\u{e9}": {source: a}, "e\u{301}": {source: a}, "[X]": {source: a}}}
      """)
    #expect(recipe.tokens.map(\.token) == ["\u{e9}", "e\u{301}", "[X]"].map { ExactText($0) })
  }

  @Test(arguments: [
    ("010", "write it without the 0 before it, which makes it octal to other programs"),
    ("-010", "write it without the 0 before it, which makes it octal to other programs"),
    ("0x10", "numbers are plain decimal: write 16"), ("0o10", "numbers are plain decimal: write 8"),
    ("1_0", "numbers are plain decimal: write 10"), ("1,5", "numbers are plain decimal, as 0.5 or 1e-3"),
    ("true", "write 1"), ("False", "write 0"),
  ])
  func `a number that other programs read otherwise is none`(word: String, hint: String) {
    let told = refusal("merge_method: linear\nmodels: [{model: a}]\nparameters:\n  weight: \(word)")
    #expect(told.contains("'weight' must be a number in -10…10, not '\(word)'"), "\(told)")
    #expect(told.hasSuffix("^ \(hint)"), "\(told)")
  }

  @Test func `a key with nothing behind it is as good as none`() throws {
    let recipe = try read(
      "merge_method: linear\nbase_model:\nslices: null\ndtype: ~\nmodels: [{model: a, parameters: null}]")
    #expect(recipe.base == nil && recipe.dtype == nil)
    #expect(recipe.slices.count == 1)
    #expect(!CheckpointRecipeReader.models(in: "slices: null\nmodels: [{model: a}]", path: "r").hasSlices)
    #expect(refusal("merge_method: linear\nmodels: null").contains("there are no models to merge"))
  }
}
