import Basics
import Foundation
import Reporting
import Results
import Specs
import Testing

/// The terminal's table, and what stands beside the page.
@Suite struct TerminalTests {
  /// The sample's items, with one seed of the merge answering one label.
  private struct Collapsing: ItemScoreSource {
    let source = SampleItems()
    let model: String
    var task = "fomc"
    var metric = "macro_f1"

    func items(_ row: ScoreRow) -> ItemScores? {
      var items = source.items(row)
      if row.model == model, row.seed == 1, row.split == .test, row.task == task, row.metric == metric {
        items?.isOneAnswer = true
      }
      return items
    }

    func labels(_ row: ScoreRow) -> LabelCounts? { source.labels(row) }
  }

  @Test func `the terminal marks what the page calls collapsed`() throws {
    let merge = try #require(try Sample.judged().register.merge())
    let sound = try Report(Sample.results, items: SampleItems()).terminal(width: 160)
    #expect(!sound.contains("†") && !sound.contains("collapsed"))
    let report = try Report(Sample.results, items: Collapsing(model: merge))
    for width in [160, 80, 40] {
      let text = report.terminal(width: width)
      #expect(text.components(separatedBy: "†").count == 3, "one cell and the legend")
      #expect(text.contains("† a seed collapsed") || width < 80)
    }
    let line = report.terminal(width: 160).split(separator: "\n").first { $0.hasPrefix("fomc") }
    #expect(line?.contains("† ties") == true || line?.contains("† linear") == true)
    let page = try #require(report.files.first { $0.name == "report.md" }).text
    #expect(page.contains(" collapsed |"))
  }

  @Test func `the page explains what collapsed where it says so, and not for metrics that it does not show`()
    throws
  {
    let merge = try #require(try Sample.judged().register.merge())
    func page(_ metric: String) throws -> Page {
      try Page(
        Evidence.judged(Sample.results, items: Collapsing(model: merge, task: "fpb", metric: metric)))
    }
    #expect(try page("macro_f1").servingSentences.contains("*Collapsed*: "))
    #expect(try !page("accuracy").servingSentences.contains("*Collapsed*: "))
    #expect(
      try page("accuracy").evidence.register.contrasts.contains {
        $0.note == "collapsed" && $0.metric == "accuracy" && $0.question == "merge"
      })
  }

  @Test
  func `what git does not keep is named and not linked, and a large table stands beside itself compressed`()
    throws
  {
    let files = try Report(Sample.results, items: SampleItems()).files
    let page = try #require(files.first { $0.name == "report.md" }).text
    #expect(page.contains("- `costs.csv`: ") && !page.contains("(costs.csv)") && page.contains("(runs.csv)"))
    #expect(files.allSatisfy { $0.compressed == nil })
    let large = ReportFile(name: "runs.csv", text: String(repeating: "a,b\n", count: 300_000))
    #expect(large.compressed.map { $0 == Gzip.compressed(Array(large.text.utf8)) } == true)
    #expect(ReportFile(name: "merges.csv", text: large.text).compressed == nil)
  }

  @Test func `terminal lines keep to the width`() throws {
    for width in [30, 60, 80, 100, 160] {
      let text = try Report(Sample.results).terminal(width: width)
      for line in text.split(separator: "\n") {
        // A single word, a model's name, may be longer: it is not cut, so that it can be copied.
        let isOneWord = line.drop { $0 == " " }.contains(" ") == false
        #expect(line.count <= width || isOneWord, "\(width): \(line)")
      }
    }
  }
}
