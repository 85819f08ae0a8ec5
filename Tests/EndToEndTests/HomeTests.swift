import Foundation
import Testing

@Suite struct HomeTests {
  private static let manifest = """
    name: homely
    base:
      pretrain: {hidden: 32, layers: 1, heads: 2, intermediate: 64, sentences: 120, steps: 10, batch_rows: 8}
    data_root: ~/sets
    tasks:
      mood: {data: mood, kind: classification, labels: [good, bad]}
    budget: {steps: 2}
    adapter: {rank: 2, alpha: 4, targets: [query, value]}
    """

  @Test func `a tilde is the home folder in every path of a manifest and of the command line`() throws {
    let place = try Workplace(manifest: Self.manifest)
    for split in ["train", "validation", "test"] {
      try place.write(
        "{\"text\": \"profits rose\", \"label\": \"good\"}\n{\"text\": \"losses grew\", \"label\": \"bad\"}",
        to: "ada/sets/mood/\(split).jsonl")
    }
    let home = ["HOME": place.folder.path + "/ada"]
    #expect(try Program.run("validate", "m.yaml", in: place.folder, environment: home).status == 0)
    let data = try Program.run(
      "validate", "m.yaml", "-S", "data_root=.", "-S", "tasks.mood.data=~/sets/mood", in: place.folder,
      environment: home)
    #expect(data.status == 0, "\(data.errors)")
    let files = try Program.run(
      "validate", "m.yaml", "-S",
      "tasks.mood={files: {train: ~/sets/mood/none.jsonl}, kind: classification, labels: [good, bad]}",
      in: place.folder, environment: home)
    #expect(files.errors.contains("there is no file ada/sets/mood/none.jsonl"))
    // What the manifest names as `./../x` is shown as `../x`.
    let shown = try Program.run("validate", "m.yaml", "-S", "data_root=./../none/.", in: place.folder)
    #expect(shown.errors.contains("no training data in ../none/mood\n"), "\(shown.errors)")
    let report = try Program.run(
      "report", "~/m.yaml", "--results", "~/out", in: place.folder,
      environment: ["HOME": place.folder.path, "XDG_CACHE_HOME": place.folder.path + "/cache"])
    #expect(report.status == 2 && report.errors.contains("no training data"), "\(report.errors)")
    try FileManager.default.copyItem(
      at: place.folder.appendingPathComponent("m.yaml"),
      to: place.folder.appendingPathComponent("ada/m.yaml"))
    let empty = try Program.run(
      "report", "~/m.yaml", "--results", "~/out", in: place.folder, environment: home)
    #expect(
      empty.status == 2 && empty.errors.contains(" has a result in ada/out/.store\n"),
      "\(empty.errors)")
    #expect(!FileManager.default.fileExists(atPath: place.folder.path + "/~"))
  }
}
