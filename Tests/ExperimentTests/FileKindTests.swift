import Basics
import Experiment
import Language
import Merging
import Recipes
import Testing

/// A recipe where a manifest is asked for, and the other way round, is told once, with the command that takes it.
@Suite struct FileKindTests {
  @Test func `a recipe is no manifest`() {
    #expect(
      complaint { _ = try read("merge_method: ties\nmodels: [{model: a}, {model: b}]\n") } == """
        a.yaml: error: this is a merge recipe, not an experiment's manifest
          `mixology merge a.yaml OUT` carries it out
        """)
  }

  @Test func `a manifest is no recipe, of adapters or of checkpoints`() {
    let message = """
      m.yaml: error: this is an experiment's manifest, not a merge recipe
        `mixology run m.yaml` carries it out; a recipe begins with merge_method
      """
    #expect(
      complaint {
        _ = try MergeRecipeReader.read(manifestText(), path: "m.yaml", methods: [])
      } == message)
    #expect(
      complaint {
        _ = try CheckpointRecipeReader.read(manifestText(), path: "m.yaml") { name, _ in
          CheckpointRecipeReader.Method(name: name, shared: [], own: [])
        }
      } == message)
  }

  @Test(arguments: [
    ("average", "did you mean 'linear'?"), ("Model-Soup", "did you mean 'linear'?"),
    ("dare", "`mixology merge --list` shows all 4"), ("tise", "did you mean 'ties'?"),
    ("slerp_of_two", "near are slerp; `mixology merge --list` shows all 4"),
  ])
  func `an unknown merge method leads to a known one or to their list`(word: String, hint: String) {
    let manifest = complaint { _ = try read(manifestText("merges: [{method: \(word)}]")) }
    #expect(manifest.hasSuffix("^ \(hint)"), "\(manifest)")
    let recipe = complaint {
      _ = try MergeRecipeReader.read(
        "merge_method: \(word)\nmodels: [{model: a}]\n", path: "r.yaml", methods: MergeMethods.all.entries)
    }
    #expect(recipe.contains("r.yaml:1:15: error: unknown merge method '\(word)'\n"), "\(recipe)")
    let way = OtherWords.methodHint(word, among: MergeMethods.all.names)
    #expect(recipe.hasSuffix("^ \(way)"), "\(recipe)")
  }

  @Test func `of a long list the nearest names are shown`() {
    let known = (0..<40).map { "label \($0)" }
    let hint = suggestion(for: "mood", among: known)
    #expect(hint.hasPrefix("of 40 that are known, near: label 0, ") && hint.count < 120)
  }
}
