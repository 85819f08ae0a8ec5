import Basics
import Foundation
import Testing

@Suite struct UserPathTests {
  @Test(arguments: [
    ("~", "/people/ada"), ("~/", "/people/ada"), ("~/data", "/people/ada/data"),
    ("~//data/./x", "/people/ada/data/x"),
    ("data/~", "data/~"), ("~ada/data", "~ada/data"), ("/data", "/data"), ("data", "data"), ("", ""),
  ])
  func `a tilde before a slash is the home folder, and nothing else is`(path: String, expanded: String) {
    #expect(UserPath.expanded(path, home: "/people/ada/") == expanded)
  }

  @Test func `without a home folder a tilde stays`() {
    #expect(UserPath.expanded("~/data", home: nil) == "~/data")
    #expect(UserPath.expanded("~/data", home: "") == "~/data")
  }

  @Test(arguments: [
    ("./../data", "../data"), ("././null", "null"), ("a//./b/", "a/b"), (".", "."), ("./", "."), ("/", "/"),
    ("/./a", "/a"), ("a/../b", "a/../b"), ("../a", "../a"), ("", ""), ("a.b/.c", "a.b/.c"),
  ])
  func `parts of a path that say nothing are left out`(path: String, cleaned: String) {
    #expect(UserPath.cleaned(path) == cleaned)
    #expect(UserPath.cleaned(cleaned) == cleaned)
  }

  @Test(arguments: [
    ("/people/ada/exp/Results", "Results"), ("/people/ada/exp", "."), ("/people/ada/data/x", "../data/x"),
    ("/people/ada/expert", "../expert"), ("/people/bob/x", "/people/bob/x"), ("/data/x", "/data/x"),
    ("/", "/"),
    ("/people/ada", ".."), ("Results/x", "Results/x"), ("~/x", "~/x"), ("", ""),
  ])
  func `a path is shown as one would write it`(path: String, shown: String) {
    #expect(UserPath.shown(path, from: "/people/ada/exp", home: "/people/ada") == shown)
  }

  @Test func `from afar a path is shown from the home folder or whole`() {
    func shown(_ path: String, _ folder: String) -> String {
      UserPath.shown(path, from: folder, home: "/people/ada")
    }
    #expect(shown("/people/ada/exp/x", "/tmp") == "~/exp/x")
    #expect(shown("/people/ada", "/tmp") == "~")
    #expect(shown("/people/ada/x", "/people/ada/a/b/c") == "~/x")
    // Two folders up, and not over the top of the disk.
    #expect(shown("/srv/a/x", "/srv/a/b/c") == "../../x")
    #expect(shown("/srv/x", "/srv/y") == "/srv/x")
    #expect(UserPath.shown("/x/y", from: "/", home: "/") == "/x/y")
  }

  @Test func `every path of a text is shown so, and nothing else is touched`() {
    let text = """
      /people/ada/exp/m.yaml:3:4: error: no '/people/ada/exp/data/a b.csv' at https://arxiv.org/abs/1
        remove the folder /people/ada/exp and write --results=/people/ada/out, or run 1/2 (/srv/x)
      """
    #expect(
      UserPath.shown(inText: text, from: "/people/ada/exp", home: "/people/ada") == """
        m.yaml:3:4: error: no 'data/a b.csv' at https://arxiv.org/abs/1
          remove the folder . and write --results=../out, or run 1/2 (/srv/x)
        """)
  }

  @Test(arguments: [
    ENOSPC, EDQUOT, EFBIG, EACCES, EPERM, EROFS, ENAMETOOLONG, EMFILE, ENFILE, ENOTDIR, EEXIST, EISDIR,
  ])
  func `room is asked for where there is none, and only there`(number: Int32) throws {
    let remedy = try #require(SystemRefusal.remedy(number))
    #expect(remedy.contains("disk full") == [ENOSPC, EDQUOT].contains(number))
    #expect(SystemRefusal.remedy(EINTR) == nil)
  }

  @Test(arguments: [
    ("Results/.store", "Results/.store"), ("~/a b", "~/'a b'"), ("it's", #"'it'\''s'"#), ("", "''"),
    ("$HOME/x", "'$HOME/x'"), ("zürich", "'zürich'"),
  ])
  func `a shell takes a quoted path for what it is`(_ path: String, _ quoted: String) {
    #expect(UserPath.quoted(path) == quoted)
  }
}
